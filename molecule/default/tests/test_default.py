"""What the hosts are like."""

from __future__ import annotations

testinfra_hosts = ["ansible://good_neighbor"]


def test_server_runs(host) -> None:
    """PostgreSQL runs and is enabled."""
    assert host.service("postgresql").is_running
