"""Check mode on hosts that have no PostgreSQL yet: ends well, installs nothing, tells what would come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import testinfra
from hosts.playbooks import Run, inventory, play

testinfra_hosts = ["ansible://good_neighbor"]

# Every file with its size, time, owner and mode; but for what the system writes by itself, and Ansible's own traces.
LISTING = r"""find / -xdev \( -path /proc -o -path /sys -o -path /run -o -path /tmp -o -path /var/tmp -o -path /var/log
    -o -path /var/lib/systemd -o -path /root/.ansible -o -path /var/cache/apt -o -path /var/lib/apt/lists \) -prune
    -o -type f -printf '%p %s %T@ %u %g %m\n' | sort""".replace("\n", " ")
PACKAGES = "dpkg-query -W -f '${Package} ${Version} ${Status}\\n'"


@dataclass(frozen=True)
class Checked:
    """The hosts' files and packages before and after the run, by host, and the run."""

    before: dict[str, list[str]]
    run: Run
    after: dict[str, list[str]]


def states() -> dict[str, list[str]]:
    """What tells whether something has changed, host by host."""
    hosts = testinfra.get_hosts(["ansible://good_neighbor"], ansible_inventory=str(inventory()))
    return {host.backend.host: [line for command in (LISTING, PACKAGES) for line in host.check_output(command).splitlines()]
            for host in hosts}


@pytest.fixture(scope="session")
def checked() -> Checked:
    """`site` in check mode."""
    return Checked(states(), play("site", "--check", "--diff"), states())


def test_nothing_is_there_yet(host: Any) -> None:
    assert not host.exists("postgres")
    assert not host.file("/etc/postgresql").exists


def test_it_ends_well(checked: Checked) -> None:
    assert checked.run.status == 0, checked.run.text


@pytest.mark.parametrize("words", [
    "postgresql-17", "postgresql-15", "max_connections", 'CREATE ROLE "nexus_user"', "log_min_duration_statement",
])
def test_it_tells_what_would_come(checked: Checked, words: str) -> None:
    assert words in checked.run.text


def test_it_shows_no_secret(checked: Checked) -> None:
    assert "not-a-secret" not in checked.run.text


def test_it_changed_nothing(host: Any, checked: Checked) -> None:
    name = host.backend.host
    assert checked.run.changed[name] > 5
    assert len(checked.before[name]) > 1000
    assert sorted(set(checked.before[name]) ^ set(checked.after[name])) == []
