# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The section of the matrix: what should be, and what is."""

from __future__ import annotations

from ..matrix.types import ACTIVE, EXTERNAL, PLANNED, RETIRED, Allocation
from .document import CALM, WARN, Cell, Paragraph, Section, Table
from .facts import Facts, Row
from .words import NOTHING, bytes_of, mark, name

TITLES = ("Service", "Database", "Owner", "Purpose", "Declared", "Observed", "Size")
MEANT = {
    ACTIVE: "active",
    PLANNED: "planned (budgeted, not made)",
    EXTERNAL: "external (another's, never touched)",
    RETIRED: "retired (kept and backed up, nobody enters)",
}


def section(facts: Facts) -> Section:
    """One row for each database, those that no row knows last."""
    observed = facts.databases()
    known = {(row.server, row.database) for row in facts.matrix.rows}
    rows = [_row(facts, row, observed.get((row.server, row.database))) for row in facts.matrix.rows]
    strangers = [
        (server, found) for (server, _database), found in observed.items() if (server, found["database"]) not in known
    ]
    rows += [_stranger(server, found) for server, found in strangers]
    lead = (
        "Each service owns exactly one database, and each database serves exactly one service. "
        "Declared is what the matrix says, observed what the server says."
    )
    more = (
        []
        if not strangers
        else [
            Paragraph(
                "A database that no row names is not the collection's to drop: allocate it, or remove it by hand.", WARN
            )
        ]
    )
    return Section(
        "allocation",
        "Allocation matrix",
        (Paragraph(lead), Table("One row per database", TITLES, tuple(rows), numbers=(6,)), *more),
    )


def _row(facts: Facts, row: Allocation, found: Row | None) -> tuple[Cell, ...]:
    port = f", port {row.service_port}" if row.service_port else ""
    purpose = f"{row.purpose[:1].upper()}{row.purpose[1:]}"
    return (
        Cell(row.title, note=f"{row.service}{port}"),
        Cell(row.database, code=True, note=f"on {row.server}"),
        name(row.owner),
        Cell(purpose),
        Cell(row.status, note=MEANT[row.status].partition(" (")[2].rstrip(")")),
        mark(found["observed"]) if found else _unseen(facts, row),
        bytes_of(found["size_bytes"]) if found else NOTHING,
    )


def _unseen(facts: Facts, row: Allocation) -> Cell:
    if row.status == EXTERNAL:
        return Cell("external", tone=CALM)
    return Cell("not read", tone=WARN) if row.server not in facts.servers else Cell("not there", tone=WARN)


def _stranger(server: str, found: Row) -> tuple[Cell, ...]:
    return (
        Cell("none", note="no row names it"),
        Cell(found["database"], code=True, note=f"on {server}"),
        name(found["owner"]),
        NOTHING,
        NOTHING,
        mark(found["observed"]),
        bytes_of(found["size_bytes"]),
    )
