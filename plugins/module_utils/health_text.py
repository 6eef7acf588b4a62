# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What health_info found, as tables for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .text_table import cell, counted, size, table

Row = Mapping[str, Any]


def health_text(host: str, health: Row) -> str:
    """The state of `host` in sections; what is not there is said in a word, so that no section is mistaken for missing."""
    return "\n".join([
        *_server(host, health["server"]), "",
        "DATABASES",
        *table(["database", "owner", "size", "connections", "limit", "cache hits", "deadlocks", "temporary files"],
               [_database(row) for row in health["databases"]], "  "), "",
        "LOGINS, connected or limited",
        *table(["role", "connections", "limit"],
               [[row["role"], row["connections"], row["connection_limit"]] for row in health["roles"]], "  "), "",
        "LARGEST TABLES, with indexes. Dead rows wait for VACUUM: a sign of bloat, not its measure.",
        *_tables(health["tables"]),
        *(f"  {cell(row['database'])} could not be read: {cell(row['reason'])}" for row in health["unread"]), "",
        "SESSIONS AT WORK, or holding a transaction; constants of their statements are not shown",
        *_sessions(health["sessions"]), "",
        "BLOCKED SESSIONS",
        *_blocked(health["blocked"]),
    ])


def duration(seconds: int | None) -> str | None:
    """Seconds as a person says them: `42s`, `3m 05s`, `2h 10m`, `3d 04h`."""
    if seconds is None:
        return None
    if seconds < 60:
        return f"{seconds}s"
    if seconds < 3600:
        return f"{seconds // 60}m {seconds % 60:02}s"
    if seconds < 86400:
        return f"{seconds // 3600}h {seconds % 3600 // 60:02}m"
    return f"{seconds // 86400}d {seconds % 86400 // 3600:02}h"


def _server(host: str, server: Row) -> list[str]:
    return [f"{cell(host)}: PostgreSQL {server['version']}, up {duration(server['up_seconds'])}, "
            f"{server['connections']} of {server['max_connections']} connections in use "
            f"({server['reserved']} kept back for operators)"]


def _database(row: Row) -> list[object]:
    hits = row["cache_hit_percent"]
    return [row["database"], row["owner"], size(row["size_bytes"]), row["connections"], row["connection_limit"],
            None if hits is None else f"{hits:.1f} %", row["deadlocks"], size(row["temp_bytes"])]


def _tables(tables: Sequence[Row]) -> list[str]:
    if not tables:
        return ["  none"]
    rows = [[f"{row['database']}: {row['schema']}.{row['table']}", size(row["size_bytes"]), row["live_rows"],
             row["dead_rows"], None if row["dead_percent"] is None else f"{row['dead_percent']:.1f} %",
             row["last_vacuum"] or "never", "yes" if row["locked"] else None] for row in tables]
    return table(["table", "size", "rows", "dead", "dead %", "last vacuum", "locked"], rows, "  ")


def _sessions(sessions: Sequence[Row]) -> list[str]:
    if not sessions:
        return ["  none"]
    rows = [[row["pid"], row["database"], row["role"], row["client"], row["state"], row["waits_for"],
             duration(row["transaction_seconds"]), duration(row["query_seconds"]), row["query"]] for row in sessions]
    return table(["pid", "database", "role", "from", "state", "waits for", "transaction", "statement", ""], rows, "  ")


def _blocked(blocked: Sequence[Row]) -> list[str]:
    if not blocked:
        return ["  none"]
    lines = []
    for entry in blocked:
        waiting = entry["waiting"]
        lines.append(f"  {_who(waiting)} has waited {duration(waiting['query_seconds'])} to run: {cell(waiting['query'])}")
        for holder in entry["by"]:
            if "role" in holder:
                lines.append(f"    for {_who(holder)}, {holder['state']}, transaction open "
                             f"{duration(holder['transaction_seconds'])}: {cell(holder['query'])}")
            else:
                lines.append("    for a prepared transaction" if holder["pid"] == 0 else f"    for process {holder['pid']}")
    return [*lines, f"  ({counted(len(blocked), 'session')})"]


def _who(row: Row) -> str:
    return f"{row['pid']} ({cell(row['role'])} in {cell(row['database'])})"
