"""Backups on one real PostgreSQL, with the real age and rclone."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from live.backup.house import House
from live.postgres import IDENT, SUPERUSER_LINE, Cluster, make_data, new_folder

ROOT = Path(__file__).resolve().parents[3]
NEEDED = ("age:age", "age-keygen:age", "rclone:rclone")
MISSING = subprocess.run([ROOT / "tools" / "debian-packages", *NEEDED], capture_output=True, text=True, check=False)
if MISSING.returncode:
    if os.environ.get("CI"):
        raise RuntimeError(f"age and rclone cannot be had: {MISSING.stderr}")
    collect_ignore_glob = ["test_*.py"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line what could not run."""
    if MISSING.returncode:
        terminalreporter.write_line(f"not run: tests/live/backup, {MISSING.stderr.strip()}")


@pytest.fixture(scope="session")
def server() -> Iterator[Cluster]:
    """A server that lets the tests' account in as the role of the backups too."""
    made = Cluster(new_folder())
    try:
        make_data(made.data)
        made.access([SUPERUSER_LINE, "local all gn_backup peer map=backup", "local all all scram-sha-256"],
                    [IDENT, IDENT.replace("admin", "backup", 1).replace(" postgres", " gn_backup")])
        made.start()
        yield made
    finally:
        made.remove()


@pytest.fixture
def house(server: Cluster, tmp_path: Path) -> Iterator[House]:
    """A server with two services, one critical, and a place offsite."""
    made = House(server, tmp_path)
    made.furnish()
    yield made
    made.clear()


@pytest.fixture
def good(house: House) -> str:
    """The name of a good backup of each service, made before."""
    assert house.run(), house.said
    (name,) = house.backups("nexus")
    for service in ("bob/gpt", "nexus"):
        for base in ("backups", "offsite"):
            for made in house.backups(service, base):
                house.path(service, made, base).rename(house.path(service, "20260101T000000Z", base))
    return "20260101T000000Z"
