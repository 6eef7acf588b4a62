"""Health: statements lose their secrets, tables are aligned, nothing is silently left out."""

from __future__ import annotations

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import health_text, text_table
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.health import masked


@pytest.mark.parametrize(("query", "shown"), [
    ("ALTER ROLE x PASSWORD 'it''s secret'", "ALTER ROLE x PASSWORD ?"),
    ("SELECT 'a\\', 'secret'", "SELECT ?"),  # where a backslash does not escape, the second string is one
    ("SELECT E'a\\'secret' FROM t", "SELECT ?"),
    ("-- it's\nSELECT 'secret'", "SELECT ?"),
    ("/* it's */ SELECT 'secret'", "SELECT ?"),
    ("SELECT \"it's\", 'secret'", "SELECT \"it's\", ?"),
    ("DO $x$ secret $y$ $x$", "DO ?"),
    ("SELECT U&'secret', x'5ec4e7', 4711, $1 FROM t2", "SELECT ?, ?, ?, $1 FROM t2"),
    ("INSERT INTO t VALUES ('cut secr", "INSERT INTO t VALUES (?"),
    ("/* outer /* inner */ it's */ SELECT 'secret'", "SELECT ?"),
    ("/* outer /* inner */ cut secr", "?"),
])
def test_statements_are_shown_without_constants(query: str, shown: str) -> None:
    assert masked(query) == shown


def test_long_statements_are_cut() -> None:
    assert len(masked("SELECT a" + ", a" * 500)) == 200


def test_numbers_stand_right_and_no_name_moves_the_cursor() -> None:
    assert text_table.table(["name", "size"], [["a\x1b[2J", "9 kB"], ["日本", "120 MB"]]) == [
        "name     size",
        "a?[2J    9 kB",
        "日本   120 MB",
    ]


@pytest.mark.parametrize(("count", "text"), [
    (0, "0 B"), (1023, "1023 B"), (1024, "1.0 kB"), (10 * 1024, "10 kB"), (52_428_800, "50 MB"), (2**50, "1024 TB"),
    (None, None)])
def test_sizes(count: int | None, text: str | None) -> None:
    assert text_table.size(count) == text


@pytest.mark.parametrize(("seconds", "text"), [(5, "5s"), (65, "1m 05s"), (7800, "2h 10m"), (100_000, "1d 03h")])
def test_durations(seconds: int, text: str) -> None:
    assert health_text.duration(seconds) == text


def session(pid: int, role: str, state: str) -> dict[str, object]:
    """A session as health_info returns it."""
    return {"pid": pid, "database": "nexus", "role": role, "client": "local", "application": "", "state": state,
            "waits_for": None, "query_seconds": 5, "transaction_seconds": 70, "query": "UPDATE t SET a = ?"}


def test_the_text_tells_who_blocks_whom() -> None:
    text = health_text.health_text("db1", {
        "server": {"version": "18.6", "up_seconds": 90, "connections": 3, "max_connections": 150, "reserved": 20},
        "databases": [{"database": "nexus", "owner": "nexus_user", "open": True, "size_bytes": None, "connections": 2,
                       "connection_limit": None, "cache_hit_percent": None, "deadlocks": 0, "temp_bytes": 0}],
        "roles": [], "tables": [], "sessions": [], "unread": [{"database": "nexus", "reason": "lock timeout"}],
        "blocked": [{"waiting": session(11, "nexus_user", "active"),
                     "by": [session(12, "looker", "idle in transaction"), {"pid": 0}]}],
    })
    assert "db1: PostgreSQL 18.6, up 1m 30s, 3 of 150 connections in use (20 kept back for operators)" in text
    assert "  nexus could not be read: lock timeout" in text
    assert text.endswith(
        "BLOCKED SESSIONS\n"
        "  11 (nexus_user in nexus) has waited 5s to run: UPDATE t SET a = ?\n"
        "    for 12 (looker in nexus), idle in transaction, transaction open 1m 10s: UPDATE t SET a = ?\n"
        "    for a prepared transaction\n"
        "  (1 session)")
