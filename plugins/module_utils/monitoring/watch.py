# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is to be watched each half minute and no exporter of both Debian versions tells: by service, over one connection.

Needs the rights of pg_monitor, enters the maintenance database alone, reads no table and no statement's text.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..catalog.session import Cursor, Server
from ..matrix.types import ACTIVE, Matrix
from ..report.reach import logins_of
from ..report.read import STATISTICS
from . import promised
from .expose import Sample

Row = dict[str, Any]

HELPS = {
    "good_neighbor_watch_timestamp_seconds": "When these values were read.",
    "good_neighbor_start_timestamp_seconds": "When the server was started.",
    "good_neighbor_connections": "Connections of each login and reader of a service.",
    "good_neighbor_blocked_seconds": "How long the session of a service that waits longest for a lock has waited.",
    "good_neighbor_idle_in_transaction_seconds": "How long the session of a service has held a transaction open and idle.",
    "good_neighbor_statement_seconds": "How long the statement of a service that runs longest has been running.",
    "good_neighbor_statements_calls": "Statements that a service's logins have run, as pg_stat_statements counts them.",
    "good_neighbor_statements_seconds": "How long they took together.",
    "good_neighbor_slow_calls": "Calls of statements whose mean is over 100 ms.",
    "good_neighbor_transaction_age": "Transactions since the oldest one that a database may still have to know.",
    "good_neighbor_checksum_failures": "Pages whose checksum was wrong, in any database or what they share.",
    "good_neighbor_pending_restart": "Settings that wait for a restart.",
    "good_neighbor_slot_bytes": "WAL that a replication slot holds back.",
    **promised.HELPS,
}
SLOW = 100  # milliseconds, as the policy says

# https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW
SESSIONS = """
SELECT coalesce(usename::text, '') AS role, count(*) AS connections,
  max(CASE WHEN wait_event_type = 'Lock' THEN extract(epoch FROM clock_timestamp() - query_start) END)::float AS blocked,
  max(CASE WHEN state LIKE 'idle in transaction%' THEN extract(epoch FROM clock_timestamp() - state_change) END)::float AS
  idle,
  max(CASE WHEN state = 'active' THEN extract(epoch FROM clock_timestamp() - query_start) END)::float AS running
FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY 1"""
SERVER = """
SELECT extract(epoch FROM pg_postmaster_start_time())::float AS started, extract(epoch FROM clock_timestamp())::float AS now,
  (SELECT max(age(datfrozenxid)) FROM pg_database) AS age,
  (SELECT coalesce(sum(checksum_failures), 0) FROM pg_stat_database)::int8 AS failures,
  (SELECT count(*) FROM pg_settings WHERE pending_restart) AS pending"""
SLOTS = """
SELECT slot_name::text AS slot, greatest(pg_wal_lsn_diff(
  CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END, restart_lsn), 0)::float AS
  bytes
FROM pg_replication_slots WHERE restart_lsn IS NOT NULL ORDER BY 1"""
STATEMENTS = """
SELECT d.datname::text AS database, r.rolname::text AS role, sum(s.calls)::float AS calls,
  sum(s.total_exec_time)::float / 1000 AS seconds,
  coalesce(sum(s.calls) FILTER (WHERE s.mean_exec_time > {slow}), 0)::float AS slow
FROM {schema}.pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid JOIN pg_roles r ON r.oid = s.userid
WHERE s.toplevel GROUP BY 1, 2"""


def read(server: Server, matrix: Matrix, name: str) -> list[Sample]:
    """The metrics of the server that the matrix calls `name`, over a session of its own."""
    with server.cursor() as cursor:
        return look(cursor, matrix, name)


def look(cursor: Cursor, matrix: Matrix, name: str) -> list[Sample]:
    """The same, over a session in the maintenance database."""
    [state] = _rows(cursor, SERVER)
    sessions, slots = _rows(cursor, SESSIONS), _rows(cursor, SLOTS)
    [statistics] = _rows(cursor, STATISTICS)
    known = statistics["loaded"] and statistics["schema"] is not None
    query = STATEMENTS.format(schema=statistics["schema"], slow=SLOW)
    statements = _rows(cursor, query) if known else []
    return samples(matrix, name, state, sessions, slots, statements if known else None) + promised.samples(matrix, name)


def samples(
    matrix: Matrix, name: str, state: Row, sessions: list[Row], slots: list[Row], statements: list[Row] | None
) -> list[Sample]:
    """The metrics of what was read; `statements` is None where nothing counts them."""
    mine = (("server", name),)
    found = [
        Sample(f"good_neighbor_{metric}", mine, float(state[column]))
        for metric, column in (
            ("watch_timestamp_seconds", "now"),
            ("start_timestamp_seconds", "started"),
            ("transaction_age", "age"),
            ("checksum_failures", "failures"),
            ("pending_restart", "pending"),
        )
    ]
    found += [Sample("good_neighbor_slot_bytes", (*mine, ("slot", slot["slot"])), slot["bytes"]) for slot in slots]
    for row in matrix.on(name):
        if row.status != ACTIVE:
            continue
        labels = (*mine, ("service", row.service), ("database", row.database))
        roles = [*logins_of(row), *(reader.role for reader in row.readers)]
        counts = {one["role"]: one["connections"] for one in sessions}
        found += [Sample("good_neighbor_connections", (*labels, ("role", role)), counts.get(role, 0)) for role in roles]
        found += _of_sessions(labels, [one for one in sessions if one["role"] in roles])
        if statements is not None:
            mine_of = [one for one in statements if one["role"] in roles and one["database"] == row.database]
            found += _summed(labels, mine_of)
    return found


def _of_sessions(labels: tuple[tuple[str, str], ...], rows: list[Row]) -> Iterable[Sample]:
    for metric, column in (
        ("blocked_seconds", "blocked"),
        ("idle_in_transaction_seconds", "idle"),
        ("statement_seconds", "running"),
    ):
        yield Sample(f"good_neighbor_{metric}", labels, max([row[column] or 0.0 for row in rows], default=0.0))


def _summed(labels: tuple[tuple[str, str], ...], rows: list[Row]) -> Iterable[Sample]:
    for metric, column in (("statements_calls", "calls"), ("statements_seconds", "seconds"), ("slow_calls", "slow")):
        yield Sample(f"good_neighbor_{metric}", labels, sum(row[column] for row in rows))


def _rows(cursor: Cursor, query: str) -> list[Row]:
    cursor.execute(f"SELECT coalesce(json_agg(row_to_json(found)), '[]') FROM ({query}) AS found")
    rows: list[Row] = cursor.fetchall()[0][0]
    return rows
