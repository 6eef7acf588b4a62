# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a report needs of a server beside allocation_info and health_info: who may enter what, and how fast statements
are."""

from __future__ import annotations

from typing import Any

from ..catalog.session import Cursor, Server

Row = dict[str, Any]

# A right through PUBLIC or an inherited membership counts, as it does when somebody connects
ENTRIES = """
SELECT r.rolname::text AS role, r.rolsuper AS superuser, nullif(r.rolconnlimit, -1) AS connection_limit,
       (SELECT count(*) FROM pg_stat_activity a WHERE a.usesysid = r.oid AND a.backend_type = 'client backend')::int
       AS connections,
       ARRAY(SELECT d.datname::text FROM pg_database d WHERE d.datallowconn AND NOT d.datistemplate
             AND has_database_privilege(r.oid, d.oid, 'CONNECT') ORDER BY d.datname) AS databases
FROM pg_roles r WHERE r.rolcanlogin ORDER BY r.rolname"""

# Who comes later gets in too
PUBLIC = """
SELECT datname::text AS database FROM pg_database
WHERE datallowconn AND NOT datistemplate AND has_database_privilege('public', oid, 'CONNECT') ORDER BY 1"""

NOW = "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI\"Z\"') AS read_at"

# A library that is loaded has its settings in the list; one that is only spoken of has not
STATISTICS = """
SELECT EXISTS (SELECT FROM pg_settings WHERE name = 'pg_stat_statements.max') AS loaded,
       (SELECT format('%I', n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
        WHERE e.extname = 'pg_stat_statements') AS schema"""

# Whole milliseconds, upwards, tell statements within a target from those beyond it; a target is a whole number
TIMES = """
SELECT d.datname::text AS database, r.rolname::text AS role, greatest(ceil(s.mean_exec_time), 1)::int8 AS ms,
       sum(s.calls)::int8 AS calls, sum(s.total_exec_time)::float AS total_ms, max(s.max_exec_time)::float AS longest_ms
FROM {schema}.pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid JOIN pg_roles r ON r.oid = s.userid
WHERE s.toplevel AND s.calls > 0 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"""
SINCE = """
SELECT to_char(stats_reset AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"') AS since FROM {schema}.pg_stat_statements_info"""


def read(server: Server) -> Row:
    """`read_at`, `entries`, `public` and `latency`, over one connection to the maintenance database; nothing is changed.

    The text of a statement is neither read nor returned. https://www.postgresql.org/docs/current/pgstatstatements.html
    """
    with server.cursor() as cursor:
        return {
            **_rows(cursor, NOW)[0],
            "entries": _rows(cursor, ENTRIES),
            "public": [row["database"] for row in _rows(cursor, PUBLIC)],
            "latency": _latency(cursor),
        }


def _latency(cursor: Cursor) -> Row:
    found = _rows(cursor, STATISTICS)[0]
    if not found["loaded"] or found["schema"] is None:
        return {"missing": "library" if not found["loaded"] else "extension", "since": None, "times": []}
    since = _rows(cursor, SINCE.format(schema=found["schema"]))[0]
    return {"missing": None, **since, "times": _rows(cursor, TIMES.format(schema=found["schema"]))}


def _rows(cursor: Cursor, query: str) -> list[Row]:
    cursor.execute(f"SELECT coalesce(json_agg(row_to_json(found)), '[]') FROM ({query}) AS found")
    rows: list[Row] = cursor.fetchall()[0][0]
    return rows
