# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The section of access: who may enter which database, as a picture, in words and as a table."""

from __future__ import annotations

from ..matrix.types import ACTIVE, EXTERNAL, PLANNED, Allocation, Matrix
from ..text_table import counted, size
from .document import BAD, GOOD, Block, Cell, Paragraph, Picture, Table
from .facts import Row, ServerFacts
from .reach import PUBLIC, Reach, holder, logins_of, reaches
from .scene import CLOSED, NOT_YET, OPEN, Lane, Scene
from .words import NOTHING, listed, mark, name, names

LANES = 40  # drawn at most; those with a breach come first
STATES = {"needs_creation": "is still to be made", "active": "is there"}
TITLES = ("Database", "Belongs to", "May enter, as the matrix says", "Missing", "May enter and should not")


def found(matrix: Matrix, server: str, facts: ServerFacts) -> list[Reach]:
    """Who may enter each database of a server that lets anybody in."""
    open_ones = [row["database"] for row in facts.health["databases"] if row["open"]]
    return reaches(matrix, server, facts.more, open_ones)


def blocks(matrix: Matrix, server: str, facts: ServerFacts) -> tuple[Block, ...]:
    """The picture with its sentences, and the table of all databases."""
    all_of = found(matrix, server, facts)
    strangers = sum(len(reach.strangers) for reach in all_of)
    if strangers:
        lead = Paragraph(
            f"{counted(strangers, 'way')} into a database that should not be there. A login that gets in reads what its "
            "neighbour has not locked away inside.",
            BAD,
        )
    else:
        lead = Paragraph(
            "Every wall holds: nobody but superusers may enter a database that the matrix does not give to them.", GOOD
        )
    drawn = scene(matrix, server, facts, all_of)
    return (
        lead,
        Picture(f"Services, databases and the walls between them on {server}", _told(drawn, all_of), drawn),
        Table("Who may enter which database", TITLES, tuple(_line(matrix, reach) for reach in all_of)),
        Paragraph(
            "The right to connect, as the server judges it: through PUBLIC and through memberships too. Which door a login "
            "may come through is besides the matter of pg_hba.conf."
        ),
    )


def scene(matrix: Matrix, server: str, facts: ServerFacts, all_of: list[Reach]) -> Scene:
    """The picture of one server: a lane for each row, the walls between them, and who gets over."""
    by_database = {reach.database: reach for reach in all_of}
    observed = {row["database"]: row for row in facts.judged["databases"]}
    rows = [row for row in matrix.on(server) if row.status != EXTERNAL]
    pairs = [(holder(matrix, server, role), reach.row.service) for reach in all_of if reach.row for role in reach.strangers]
    troubled = {service for pair in pairs for service in pair}
    shown = sorted(rows, key=lambda row: row.service not in troubled)[:LANES] if len(rows) > LANES else rows
    place = {row.service: index for index, row in enumerate(shown)}
    breaches = sorted({(place[whose], place[where]) for whose, where in pairs if whose in place and where in place})
    supers = [entry["role"] for entry in facts.more["entries"] if entry["superuser"]]
    there = {entry["role"] for entry in facts.more["entries"]}
    system = [
        f"{role.role} ({role.use or role.purpose or 'no purpose given'})"
        for role in matrix.server(server).system_roles
        if role.role in there
    ]
    beyond = tuple((row.title, matrix.server(row.server).api_url) for row in matrix.rows if row.status == EXTERNAL)
    lanes = tuple(_lane(row, observed.get(row.database), by_database.get(row.database)) for row in shown)
    return Scene(
        server, lanes, tuple(breaches), (f"superusers: {', '.join(supers)}", *system), beyond, len(rows) - len(shown)
    )


def _lane(row: Allocation, seen: Row | None, reach: Reach | None) -> Lane:
    logins = logins_of(row)
    readers = tuple(reader.role for reader in row.readers)
    status = seen["observed"] if seen else row.status
    if row.status == PLANNED or reach is None:
        way = NOT_YET
    else:
        way = OPEN if row.status == ACTIVE and any(role not in reach.absent for role in logins) else CLOSED
    size_of = size(seen["size_bytes"]) if seen else None
    port = f"port {row.service_port}" if row.service_port else row.service
    if reach is not None and way == OPEN:
        logins, readers = (tuple(role for role in roles if role not in reach.absent) for roles in (logins, readers))
    return Lane(
        row.title,
        port,
        logins,
        readers,
        row.database,
        status,
        size_of or "",
        way,
        f"{row.connection_limit} connections" if row.connection_limit else "",
        len(reach.strangers) if reach else 0,
        reach is not None and PUBLIC in reach.strangers,
    )


def _told(drawn: Scene, all_of: list[Reach]) -> tuple[str, ...]:
    """What the picture shows, lane by lane."""
    strangers = {reach.database: reach.strangers for reach in all_of}
    told = [_lane_told(lane, strangers.get(lane.database, ())) for lane in drawn.lanes]
    if drawn.left_out:
        told.append(
            f"{counted(drawn.left_out, 'more service')} of this server, with no open wall, stand in the table alone."
        )
    told.append(f"To the server itself belong {listed(drawn.keepers)}.")
    told += [
        f"{title} lies on another server and is reached through {way or 'its API'} only, never through its database."
        for title, way in drawn.beyond
    ]
    return tuple(told)


def _lane_told(lane: Lane, strangers: tuple[str, ...]) -> str:
    who, state = listed(lane.logins), STATES.get(lane.status, f"is {lane.status}")
    if lane.way == NOT_YET:
        text = f"{lane.service} will enter {lane.database} as {who}; the database {state}."
    elif lane.way == OPEN:
        text = f"{lane.service} enters {lane.database} as {who}, with up to {lane.limit}."
    else:
        text = f"{lane.service} may not enter {lane.database}; the database {state}."
    if lane.readers:
        text += f" {listed(lane.readers)} {'may only' if lane.way == OPEN else 'will'} read it."
    if strangers:
        return f"{text} Its wall is open: {listed(strangers)} may enter too."
    return text if lane.way == NOT_YET else f"{text} No neighbour may enter."


def _line(matrix: Matrix, reach: Reach) -> tuple[Cell, ...]:
    whose = (
        Cell(reach.row.title) if reach.row else Cell("the server") if reach.database == "postgres" else mark("unallocated")
    )
    return (
        name(reach.database),
        whose,
        names(reach.should),
        names(reach.absent) if reach.absent else NOTHING,
        Cell(", ".join(reach.strangers), tone=BAD) if reach.strangers else Cell("nobody", tone=GOOD),
    )
