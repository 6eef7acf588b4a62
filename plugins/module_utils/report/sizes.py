# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The section of sizes: databases, and the largest tables."""

from __future__ import annotations

from ..matrix.types import Matrix
from .document import WARN, Block, Cell, Paragraph, Table
from .facts import Row, ServerFacts
from .words import NOTHING, bytes_of, name, number

DATABASES = ("Database", "Service", "Size", "Connections", "Limit", "Cache hits", "Deadlocks")
TABLES = ("Table", "Database", "Size with indexes", "Rows", "Dead rows", "Last vacuum (UTC)")


def blocks(matrix: Matrix, server: str, facts: ServerFacts) -> tuple[Block, ...]:
    """All databases, and the tables that health_info returned."""
    services = {row.database: row.title for row in matrix.on(server)}
    databases = tuple(_database(row, services) for row in facts.health["databases"])
    tables = tuple(_table(row) for row in facts.health["tables"])
    found: list[Block] = [Table("Databases, the largest first", DATABASES, databases, numbers=(2, 3, 4, 5, 6))]
    if tables:
        found.append(Table("The largest tables", TABLES, tables, numbers=(2, 3, 4)))
    else:
        found.append(Paragraph("There is no table yet."))
    found += [Paragraph(f"{row['database']} could not be read: {row['reason']}", WARN) for row in facts.health["unread"]]
    return tuple(found)


def _database(row: Row, services: dict[str, str]) -> tuple[Cell, ...]:
    hits = row["cache_hit_percent"]
    return (
        name(row["database"]),
        Cell(services.get(row["database"], "–")),
        bytes_of(row["size_bytes"]),
        number(row["connections"]),
        number(row["connection_limit"]),
        NOTHING if hits is None else Cell(f"{hits:.1f} %"),
        number(row["deadlocks"]),
    )


def _table(row: Row) -> tuple[Cell, ...]:
    dead = row["dead_percent"]
    return (
        name(f"{row['schema']}.{row['table']}"),
        name(row["database"]),
        bytes_of(row["size_bytes"]),
        number(row["live_rows"]),
        NOTHING if dead is None else Cell(f"{row['dead_rows']:,} ({dead:.1f} %)"),
        Cell((row["last_vacuum"] or "never").rstrip("Z")),
    )
