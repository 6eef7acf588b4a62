"""Health on a live server: who blocks whom, largest tables, nothing waited for, no constant shown."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import health
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog.session import Server as Sessions
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.health_text import health_text
from live.embedded import Server

SECRET = "fake-Hb7qWz2mKx9vTn4c"


@pytest.fixture(scope="module")
def database(server: Server) -> str:
    """A database with two tables, one of them larger, some of its rows dead."""
    server.rows("CREATE DATABASE health CONNECTION LIMIT 7")
    server.rows("CREATE TABLE small (a int)", "health")
    server.rows("CREATE TABLE large AS SELECT n, repeat('x', 100) FROM generate_series(1, 5000) AS n", "health")
    server.rows("DELETE FROM large WHERE n <= 1000", "health")
    server.rows("ANALYZE", "health")
    return "health"


def sessions(server: Server) -> Sessions:
    """The engine's way to connect."""
    return Sessions({"host": server.host, "user": "postgres", "password": server.password}, "postgres")


def until_blocked(server: Server) -> dict[str, Any]:
    """The state of the server as soon as somebody waits for a lock."""
    for attempt in range(100):
        found = health.read(sessions(server))
        if found["blocked"]:
            return found
        time.sleep(0.01 * min(attempt, 10))
    raise AssertionError("nobody waits")


def test_databases_tables_and_limits(server: Server, database: str) -> None:
    found = health.read(sessions(server), largest=1)
    assert found["server"]["max_connections"] == 150
    assert found["server"]["reserved"] == 20
    row = next(row for row in found["databases"] if row["database"] == database)
    assert (row["owner"], row["connection_limit"], row["size_bytes"] > 6_000_000) == ("postgres", 7, True)
    assert [(row["database"], row["table"], row["dead_rows"], row["dead_percent"], row["locked"])
            for row in found["tables"]] == [("health", "large", 1000, 20.0, False)]
    assert found["unread"] == []


def test_who_blocks_whom_without_what_they_typed(server: Server, database: str) -> None:
    holder = server.connect(database)
    holder.cursor().execute(f"LOCK TABLE large; SELECT '{SECRET}'")
    waiter = server.connect(database)
    statement = f"UPDATE large SET repeat = '{SECRET}' WHERE n = 4711"
    waiting = threading.Thread(target=lambda: waiter.cursor().execute(statement))
    waiting.start()
    try:
        started = time.monotonic()
        found = until_blocked(server)
        assert time.monotonic() - started < 5
    finally:
        holder.close()
        waiting.join()
        waiter.close()
    [entry] = found["blocked"]
    assert entry["waiting"]["query"] == "UPDATE large SET repeat = ? WHERE n = ?"
    assert [holder["state"] for holder in entry["by"]] == ["idle in transaction"]
    # the locked table is told with the size of its pages as last counted: asking for its real size would wait
    large = next(row for row in found["tables"] if row["table"] == "large")
    assert large["locked"]
    assert large["size_bytes"] > 500_000
    text = health_text("db1", found)
    assert "has waited 0s to run: UPDATE large SET repeat = ? WHERE n = ?" in text
    assert SECRET not in repr(found) + text


def test_a_database_that_cannot_be_entered_is_named(server: Server) -> None:
    server.rows("CREATE DATABASE closed")
    server.rows("CREATE ROLE looker LOGIN IN ROLE pg_monitor PASSWORD 'fake-looker'")
    server.rows("REVOKE CONNECT ON DATABASE closed FROM PUBLIC")
    found = health.read(Sessions({"host": server.host, "user": "looker", "password": "fake-looker"}, "postgres"))
    assert [row["database"] for row in found["unread"]] == ["closed"]
    assert "permission denied for database" in found["unread"][0]["reason"]
