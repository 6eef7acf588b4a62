"""The program `watch` on a real server: one session that stays, and no old value told as a new one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from live.embedded import Server
from live.monitoring.programs import Program

NAME, WATCHER, PASSWORD = "db.example", "sentinel", "fake-watch-Rw4nYc8tJm2s"
SERVERS = {NAME: {"mode": "audit", "max_connections": 150, "maintenance_connections": 20}}
ROW = {
    "service": "kiosk", "server": NAME, "database": "kiosk_db", "owner": "kiosk_user", "purpose": "a test",
    "status": "active", "connection_limit": 5, "backup": "important",
}
MINE = f"SELECT pid, backend_start FROM pg_stat_activity WHERE usename = '{WATCHER}'"


@pytest.fixture
def watch(server: Server, tmp_path: Path) -> Program:
    """The program; its role may come in."""
    if not server.rows(f"SELECT 1 FROM pg_roles WHERE rolname = '{WATCHER}'"):
        server.rows(f"CREATE ROLE {WATCHER} LOGIN PASSWORD '{PASSWORD}' IN ROLE pg_monitor CONNECTION LIMIT 1")
    program = Program("watch", tmp_path, {"PGPASSWORD": PASSWORD})
    program.write(SERVERS, [ROW], NAME, server.host, WATCHER, 5432)
    return program


@contextmanager
def staying(watch: Program) -> Iterator[list[str]]:
    """The program at work, five times a second; what it said, and its exit status, once it was ended."""
    said: list[str] = []
    with watch.start("--every", "0.2") as process:
        try:
            yield said
        finally:
            process.terminate()
            said += [*process.communicate(timeout=30)[0].splitlines(), str(process.returncode)]


def eventually(condition: Callable[[], object]) -> None:
    """Waits until something is so."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_it_looks_once(watch: Program) -> None:
    assert watch.run("--once") == (0, "")
    assert abs((watch.value("watch_timestamp_seconds", server=NAME) or 0) - time.time()) < 60
    assert watch.value("connections", service="kiosk", role="kiosk_user") == 0
    assert watch.metrics.stat().st_mode & 0o777 == 0o644


def test_one_session_stays_and_ends_with_it(server: Server, watch: Program) -> None:
    with staying(watch) as said:
        eventually(watch.metrics.exists)
        first, session = watch.value("watch_timestamp_seconds"), server.rows(MINE)
        assert len(session) == 1
        eventually(lambda: (watch.value("watch_timestamp_seconds") or 0) > (first or 0) + 1)
        assert server.rows(MINE) == session
    assert said == ["0"]
    eventually(lambda: server.rows(MINE) == [])


def test_what_it_cannot_see_it_does_not_tell(server: Server, watch: Program) -> None:
    with staying(watch) as said:
        eventually(watch.metrics.exists)
        server.rows(f"ALTER ROLE {WATCHER} NOLOGIN")
        server.rows(f"SELECT pg_terminate_backend(pid) FROM ({MINE}) AS mine")
        eventually(lambda: len(watch.samples()) == 1)
        last = watch.value("watch_timestamp_seconds")
        time.sleep(1)
        assert watch.value("watch_timestamp_seconds") == last
        server.rows(f"ALTER ROLE {WATCHER} LOGIN")
        eventually(lambda: watch.value("connections", service="kiosk") == 0)
        assert (watch.value("watch_timestamp_seconds") or 0) > (last or 0)
    assert said[-2:] == ["watched again", "0"] and "not permitted to log in" in said[-3] and len(said) <= 4, said


def test_killed_in_the_middle_of_a_write(watch: Program) -> None:
    watch.run("--once")
    before = watch.metrics.read_bytes()
    assert watch.run("--once", dying=True)[0] == -9
    assert watch.metrics.read_bytes() == before
    assert watch.run("--once")[0] == 0 and watch.metrics.read_bytes() != before


def test_nobody_is_there(watch: Program, tmp_path: Path) -> None:
    watch.write(SERVERS, [ROW], NAME, str(tmp_path), WATCHER, 5432)
    status, said = watch.run("--once")
    assert status == 1 and said.startswith("not watched: cannot connect to database postgres")
    assert watch.value("watch_timestamp_seconds") is None
