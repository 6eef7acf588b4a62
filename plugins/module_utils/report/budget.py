# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The section of the budget: what everybody may take of a server's connections."""

from __future__ import annotations

from ..matrix.budget import terms
from ..matrix.types import ACTIVE, PLANNED, Allocation, Matrix, ServerSpec
from .document import BAD, CALM, GOOD, WARN, Bar, Block, Cell, Paragraph, Table
from .facts import Row, ServerFacts
from .reach import logins_of
from .words import NOTHING, name, number

TITLES = ("Who", "For", "Promised", "Limit on the server", "In use")


def promised(matrix: Matrix, server: str) -> int:
    """What the matrix promises of a server's connections, the operators' reserve included."""
    return sum(amount for _whose, amount in terms(matrix.server(server), matrix.rows))


def blocks(matrix: Matrix, server: str, facts: ServerFacts) -> tuple[Block, ...]:
    """The promises against max_connections, each against the limit that holds and what is in use."""
    spec, live = matrix.server(server), facts.health["server"]
    entries = {entry["role"]: entry for entry in facts.more["entries"]}
    rows: list[tuple[Cell, ...]] = []
    for row in matrix.on(server):
        if row.status in (ACTIVE, PLANNED):
            rows += _of_row(spec, row, entries)
    rows += [
        _line(
            role.role,
            f"the server: {role.use or role.purpose or 'no purpose given'}",
            role.connection_limit or 0,
            entries.get(role.role),
        )
        for role in spec.system_roles
    ]
    rows.append(
        (
            Cell("operators"),
            Cell("kept back for maintenance"),
            number(spec.maintenance_connections),
            number(live["reserved"]),
            NOTHING,
        )
    )
    total = promised(matrix, server)
    left = spec.max_connections - total
    rows.append((Cell("nobody yet"), Cell("headroom"), number(left), NOTHING, NOTHING))
    rows.append(
        (
            Cell("all"),
            Cell("max_connections", code=True),
            number(spec.max_connections),
            number(live["max_connections"]),
            number(live["connections"]),
        )
    )
    return (
        Paragraph(
            f"{total} of {spec.max_connections} connections are promised, {left} are left, "
            f"{live['connections']} in use now. The promises together never exceed what the server has."
        ),
        *_warnings(spec, live),
        _bar(matrix, server, spec, left),
        Table("The budget of connections", TITLES, tuple(rows), numbers=(2, 3, 4)),
    )


def _of_row(spec: ServerSpec, row: Allocation, entries: dict[str, Row]) -> list[tuple[Cell, ...]]:
    found = [
        _line(role, row.title, row.connection_limit if not index else None, entries.get(role))
        for index, role in enumerate(logins_of(row))
    ]
    more = dict(terms(spec, [row])).get(f"further logins of {row.service}")
    if more:
        found.append((Cell("further logins"), Cell(row.title), number(more), NOTHING, NOTHING))
    return found + [
        _line(reader.role, f"{row.title}: reads", reader.connection_limit, entries.get(reader.role))
        for reader in row.readers
    ]


def _line(role: str, whose: str, limit: int | None, entry: Row | None) -> tuple[Cell, ...]:
    if entry is None:
        return (name(role), Cell(whose), number(limit), Cell("not there", tone=CALM), NOTHING)
    held = entry["connection_limit"]
    wrong = limit is not None and held != limit
    return (
        name(role),
        Cell(whose),
        number(limit),
        Cell("none" if held is None else str(held), tone=WARN if wrong else ""),
        number(entry["connections"]),
    )


def _warnings(spec: ServerSpec, live: Row) -> list[Block]:
    told: list[Block] = []
    if live["max_connections"] != spec.max_connections:
        told.append(
            Paragraph(
                f"The matrix says {spec.max_connections} connections, the server has {live['max_connections']}.",
                BAD if live["max_connections"] < spec.max_connections else WARN,
            )
        )
    return told


def _bar(matrix: Matrix, server: str, spec: ServerSpec, left: int) -> Bar:
    shares = [
        (whose, amount, BAD if whose == "maintenance_connections" else GOOD) for whose, amount in terms(spec, matrix.rows)
    ]
    shares = [
        ("operators" if whose == "maintenance_connections" else whose, amount, WARN if tone == BAD else tone)
        for whose, amount, tone in shares
    ]
    return Bar((*shares, ("headroom", max(left, 0), CALM)), spec.max_connections)
