# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a server is doing: read in a fixed number of queries, one visit to each database, nothing changed or waited for.

What people type can hold secrets and conversations, so the texts of their statements are shown without constants.
"""

from __future__ import annotations

from typing import Any

from .catalog.session import Cursor, Server
from .errors import ServerError
from .schema.lexer import NUMBER, STRING, UNCLOSED, tokens

try:
    import psycopg2
except ImportError:  # the module's face reports it
    pass

Row = dict[str, Any]

SERVER = """
SELECT current_setting('server_version') AS version, current_setting('max_connections')::int AS max_connections,
       current_setting('superuser_reserved_connections')::int
       + coalesce(current_setting('reserved_connections', true)::int, 0) AS reserved,
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::int AS connections,
       extract(epoch FROM now() - pg_postmaster_start_time())::int8 AS up_seconds"""

DATABASES = """
SELECT d.datname::text AS database, pg_get_userbyid(d.datdba)::text AS owner, d.datallowconn AS open,
       CASE WHEN has_database_privilege(d.oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE')
            THEN pg_database_size(d.oid) END AS size_bytes,
       coalesce(s.numbackends, 0) AS connections, nullif(d.datconnlimit, -1) AS connection_limit,
       round(100.0 * s.blks_hit / nullif(s.blks_hit + s.blks_read, 0), 1)::float AS cache_hit_percent,
       s.deadlocks::int8 AS deadlocks, s.temp_bytes::int8 AS temp_bytes
FROM pg_database d LEFT JOIN pg_stat_database s ON s.datid = d.oid
WHERE NOT d.datistemplate ORDER BY 4 DESC NULLS LAST, 1"""

ROLES = """
SELECT r.rolname::text AS role, count(a.pid)::int AS connections, nullif(r.rolconnlimit, -1) AS connection_limit
FROM pg_roles r LEFT JOIN pg_stat_activity a ON a.usesysid = r.oid AND a.backend_type = 'client backend'
WHERE r.rolcanlogin GROUP BY r.rolname, r.rolconnlimit
HAVING r.rolconnlimit >= 0 OR count(a.pid) > 0 ORDER BY 2 DESC, 1"""

# The size functions wait for whoever holds a table exclusively; its pages as last counted do instead
TABLES = """
WITH locked AS (
  SELECT coalesce(i.indrelid, t.oid, l.relation) AS relation FROM pg_locks l
  LEFT JOIN pg_index i ON i.indexrelid = l.relation LEFT JOIN pg_class t ON t.reltoastrelid = l.relation
  WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
SELECT current_database()::text AS database, n.nspname::text AS schema, c.relname::text AS table,
       CASE WHEN EXISTS (SELECT FROM locked WHERE relation = c.oid)
            THEN c.relpages::int8 * current_setting('block_size')::int
            ELSE pg_total_relation_size(c.oid) END AS size_bytes,
       s.n_live_tup AS live_rows, s.n_dead_tup AS dead_rows,
       round(100.0 * s.n_dead_tup / nullif(s.n_live_tup + s.n_dead_tup, 0), 1)::float AS dead_percent,
       to_char(greatest(s.last_vacuum, s.last_autovacuum) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI"Z"') AS last_vacuum,
       EXISTS (SELECT FROM locked WHERE relation = c.oid) AS locked
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
ORDER BY 4 DESC, 2, 3 LIMIT %s"""

SESSIONS = """
SELECT pid, datname::text AS database, usename::text AS role, coalesce(host(client_addr), 'local') AS client,
       application_name AS application, coalesce(state, 'unknown') AS state,
       CASE WHEN state = 'active' THEN wait_event_type END AS waits_for,
       extract(epoch FROM clock_timestamp() - query_start)::int8 AS query_seconds,
       extract(epoch FROM clock_timestamp() - xact_start)::int8 AS transaction_seconds, query,
       CASE WHEN wait_event_type = 'Lock' THEN pg_blocking_pids(pid) ELSE '{}' END AS blockers
FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
ORDER BY xact_start NULLS LAST, pid"""

SHOWN = 200


def read(server: Server, largest: int = 10) -> Row:
    """The whole picture as plain data: `server`, `databases`, `roles`, `tables`, `sessions`, `blocked`, `unread`."""
    with server.cursor() as cursor:
        found: Row = {
            "server": _rows(cursor, SERVER)[0],
            "databases": _rows(cursor, DATABASES),
            "roles": _rows(cursor, ROLES),
        }
        sessions = [{**row, "query": masked(row["query"] or "")} for row in _rows(cursor, SESSIONS)]
    tables, unread = [], []
    for database in found["databases"]:
        if not database["open"]:
            continue
        try:
            with server.cursor(database["database"]) as cursor:
                tables += _rows(cursor, TABLES, (largest,))
        except (ServerError, psycopg2.Error) as error:
            unread.append({"database": database["database"], "reason": str(error).strip()})
    tables.sort(key=lambda row: (-row["size_bytes"], row["database"], row["schema"], row["table"]))
    return {**found, "tables": tables[:largest], "unread": unread, **_at_work(sessions)}


def masked(query: str) -> str:
    """A statement's text without its constants and comments, on one line, cut where it gets long."""
    text, end = "", 0
    for token in tokens(query):
        constant = token.kind in (STRING, UNCLOSED) or (token.kind == NUMBER and not text.endswith("$"))
        gap = " " if token.start > end else ""
        text, end = text + gap + ("?" if constant else query[token.start:token.end]), token.end
        if token.kind == STRING and "\\" in token.value:
            break  # whether a backslash escapes a quote is the session's setting: what follows may be a constant too
    text = " ".join(text.split())
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def _at_work(sessions: list[Row]) -> Row:
    """`sessions` that do something or hold a transaction, and `blocked`: who waits for whom."""
    by_pid = {row["pid"]: row for row in sessions}
    blocked = [
        {"waiting": _without_blockers(row),
         "by": [_without_blockers(by_pid[pid]) if pid in by_pid else {"pid": pid} for pid in row["blockers"]]}
        for row in sessions if row["blockers"]
    ]
    return {"sessions": [_without_blockers(row) for row in sessions if row["state"] != "idle"], "blocked": blocked}


def _without_blockers(row: Row) -> Row:
    return {key: value for key, value in row.items() if key != "blockers"}


def _rows(cursor: Cursor, query: str, values: tuple[object, ...] | None = None) -> list[Row]:
    cursor.execute(f"SELECT coalesce(json_agg(row_to_json(found)), '[]') FROM ({query}) AS found", values)
    rows: list[Row] = cursor.fetchall()[0][0]
    return rows
