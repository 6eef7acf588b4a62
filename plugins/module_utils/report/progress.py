# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sections of progress: how far each row is on its way, and whether the policy has reached what it is for."""

from __future__ import annotations

from ..matrix.types import ACTIVE, PLANNED, Allocation
from ..text_table import counted
from .backups import kept, verdict as backup_verdict
from .document import BAD, CALM, GOOD, WARN, Cell, Paragraph, Section, Table
from .facts import Facts, Row
from .latency import measured, verdict as latency_verdict
from .violations import standing
from .words import name

PHASES = ("Service", "Database", "1. Made", "2. Isolated", "2. Backed up", "2. Fast enough", "Phase")
NO_FILE = Cell("no schema file")
CROSSING = ("road-", "code-", "live-")
WALLS = ("database-", "member-", "grant-", "role-", "access-", "owner-", "secret-")
BAD_ENOUGH = ("critical", "high", "medium")


def phases(facts: Facts) -> Section:
    """Each row that is active or planned, with what it still lacks: made and given its schema, then verified, then the
    planned."""
    rows = [row for row in facts.matrix.rows if row.status in (ACTIVE, PLANNED)]
    told = tuple(_phase(facts, row) for row in rows)
    return Section(
        "phases",
        "Phases",
        (
            Paragraph(
                "Phase 1: the database is made, with its schema, and its service starts. Phase 2: isolation, backups and "
                "speed are "
                "verified. Phase 3: what is only planned so far is decided and made."
            ),
            Table("How far each service is", PHASES, told),
        ),
    )


def _phase(facts: Facts, row: Allocation) -> tuple[Cell, ...]:
    head = (Cell(row.title), name(row.database))
    if row.status == PLANNED:
        dash = Cell("later", tone=CALM)
        return (*head, dash, dash, dash, dash, Cell("3: planned", tone=CALM))
    server = facts.servers.get(row.server)
    if server is None:
        dash = Cell("not read", tone=WARN)
        return (*head, dash, dash, dash, dash, dash)
    made, isolated = _made(facts, row), _isolated(facts, row)
    kept_up = backup_verdict(row, kept(row, facts.samples), facts.read_at) if made.tone == GOOD else Cell("later", tone=CALM)
    times = server.more["latency"]
    speed = (
        Cell("no target", tone=CALM)
        if not row.latency_target_ms
        else (Cell("not measured", tone=WARN) if times["missing"] else latency_verdict(row, measured(row, times["times"])))
    )
    done = all(cell.tone in (GOOD, CALM) for cell in (isolated, kept_up, speed))
    phase = (
        Cell("1: to be made", tone=BAD)
        if made.tone != GOOD
        else (Cell("2: verified", tone=GOOD) if done else Cell("2: to be verified", tone=WARN))
    )
    return (*head, made, isolated, kept_up, speed, phase)


def _made(facts: Facts, row: Allocation) -> Cell:
    seen = facts.databases().get((row.server, row.database))
    if seen is None or seen["observed"] != "active":
        return Cell("no database", tone=BAD)
    broken = [found for found in _of(facts, row) if found["rule"].startswith("schema-") and found["severity"] in BAD_ENOUGH]
    return Cell("schema open", tone=BAD) if broken else Cell("yes", tone=GOOD)


def _isolated(facts: Facts, row: Allocation) -> Cell:
    found = [one for one in _of(facts, row) if one["severity"] in BAD_ENOUGH and not one["rule"].startswith("schema-")]
    return Cell(f"{len(found)} to mend", tone=BAD) if found else Cell("yes", tone=GOOD)


def _of(facts: Facts, row: Allocation) -> list[Row]:
    server = facts.servers[row.server]
    return [found for found in standing(server) if found["service"] == row.service or found["database"] == row.database]


def success(facts: Facts) -> Section:
    """What the policy is for, each with the figure that says so."""
    rows = tuple(
        _goal(facts, *goal)
        for goal in (
            ("Clear boundaries", "violations of the walls: doors, rights, memberships, secrets", WALLS),
            ("No cross-database dependency", "roads from one database into another", CROSSING),
        )
    )
    seen = facts.databases()
    several = sum(row["observed"] == "unallocated" for row in seen.values())
    missing = sum(row["observed"] == "needs_creation" for row in seen.values())
    active = [row for row in facts.matrix.rows if row.status == ACTIVE]
    unread = [server for server in facts.managed if server not in facts.servers]
    rows += (
        _line(
            "One database per service",
            f"{counted(len(facts.matrix.rows), 'row')}, one service and one database each; "
            f"{counted(several, 'database')} without a service",
            several == 0,
            unread,
        ),
        _line(
            "Every database documented and created",
            f"{len(active) - missing} of {len(active)} active ones are there, {several} not documented",
            several + missing == 0,
            unread,
        ),
    )
    return Section("success", "Is the policy kept?", (Table("Success of the policy", ("Aim", "Now", "Reached"), rows),))


def _goal(facts: Facts, aim: str, what: str, families: tuple[str, ...]) -> tuple[Cell, ...]:
    found = [
        row
        for server in facts.servers.values()
        for row in standing(server)
        if row["rule"].startswith(families) and row["severity"] in BAD_ENOUGH
    ]
    unread = [server for server in facts.managed if server not in facts.servers]
    return _line(aim, f"{len(found)} {what}", not found, unread)


def _line(aim: str, now: str, reached: bool, unread: list[str]) -> tuple[Cell, ...]:
    if reached and unread:
        return (Cell(aim), Cell(now), Cell("not known", tone=WARN))
    return (Cell(aim), Cell(now), Cell("yes", tone=GOOD) if reached else Cell("no", tone=BAD))
