"""Check mode on hosts that have no PostgreSQL yet: ends well, installs nothing, tells what would come."""

from __future__ import annotations

from typing import Any

import pytest
from hosts.playbooks import Run, play

testinfra_hosts = ["ansible://good_neighbor"]

# Every file with its size, time, owner and mode; but for what the system writes by itself, and Ansible's own traces.
LISTING = r"""find / -xdev \( -path /proc -o -path /sys -o -path /run -o -path /tmp -o -path /var/tmp -o -path /var/log
    -o -path /var/lib/systemd -o -path /root/.ansible -o -path /var/cache/apt -o -path /var/lib/apt/lists \) -prune
    -o -type f -printf '%p %s %T@ %u %g %m\n' | sort | sha256sum""".replace("\n", " ")
PACKAGES = "dpkg-query -W -f '${Package} ${Version} ${Status}\\n' | sha256sum"
BEFORE: dict[str, tuple[str, str]] = {}


def state(host: Any) -> tuple[str, str]:
    """What tells whether something has changed."""
    return host.check_output(LISTING), host.check_output(PACKAGES)


@pytest.fixture(scope="session")
def checked() -> list[Run]:
    """The run in check mode; filled by the first test."""
    return []


def test_nothing_is_there_yet(host: Any) -> None:
    assert not host.exists("postgres")
    assert not host.file("/etc/postgresql").exists
    BEFORE[host.backend.host] = state(host)


def test_it_ends_well_and_tells_what_would_come() -> None:
    run = play("site", "--check", "--diff")
    assert run.status == 0, run.text
    assert set(run.changed) >= {"thirteen", "twelve"} and all(run.changed[host] > 5 for host in ("thirteen", "twelve"))
    for word in ("postgresql-17", "postgresql-15", "max_connections", 'CREATE ROLE "nexus_user"', "log_min_duration"):
        assert word in run.text, word
    assert "not-a-secret" not in run.text


def test_it_installed_and_changed_nothing(host: Any) -> None:
    assert state(host) == BEFORE[host.backend.host]
