# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The section of latency: how long statements take, against each row's target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..matrix.types import ACTIVE, Allocation, Matrix
from .document import BAD, CALM, GOOD, WARN, Block, Cell, Paragraph, Table
from .facts import Row, ServerFacts
from .reach import logins_of
from .words import NOTHING, name, number, said

TITLES = ("Service", "Database", "Target, mean", "Mean", "Within target", "Longest", "Calls", "Verdict")
MISSING = {
    "library": "Not measured: the server does not load pg_stat_statements. Add it to shared_preload_libraries, restart the "
    "server, and name it among the server's extensions in good_neighbor_servers.",
    "extension": "Not measured: pg_stat_statements is loaded, but the database postgres lacks the extension. Name it among "
    "the server's extensions in good_neighbor_servers, and run site.",
}
BEYOND = 5.0  # percent of calls whose statement takes longer than the target, before it is told


@dataclass(frozen=True)
class Measured:
    """One service's statements: calls, mean and longest in ms, and how many percent of the calls have a mean within the
    target."""

    calls: int
    mean: float
    longest: float
    within: float


def measured(row: Allocation, times: Sequence[Row]) -> Measured | None:
    """Of what the logins of a row have run in its database; None where that is nothing, or the row has no target."""
    logins = {*logins_of(row), row.owner, *(reader.role for reader in row.readers)}
    mine = [time for time in times if time["database"] == row.database and time["role"] in logins]
    calls = sum(time["calls"] for time in mine)
    if not calls or row.latency_target_ms is None:
        return None
    within = sum(time["calls"] for time in mine if time["ms"] <= row.latency_target_ms)
    return Measured(
        calls,
        sum(time["total_ms"] for time in mine) / calls,
        max(time["longest_ms"] for time in mine),
        100.0 * within / calls,
    )


def verdict(row: Allocation, found: Measured | None) -> Cell:
    """Whether a target is kept: the mean is within it, and so are nearly all calls."""
    if found is None:
        return Cell("no calls yet", tone=CALM)
    if found.mean > (row.latency_target_ms or 0):
        return Cell("missed", tone=BAD)
    return Cell("kept", tone=GOOD) if found.within >= 100 - BEYOND else Cell("kept on average only", tone=WARN)


def blocks(matrix: Matrix, server: str, facts: ServerFacts) -> tuple[Block, ...]:
    """Each active row that has a target."""
    rows = [row for row in matrix.on(server) if row.status == ACTIVE and row.latency_target_ms]
    if not rows:
        return (Paragraph("No active row of this server has a latency target."),)
    latency = facts.more["latency"]
    if latency["missing"]:
        targets = tuple(
            (Cell(row.title), name(row.database), Cell(f"{row.latency_target_ms} ms"), Cell("not measured", tone=WARN))
            for row in rows
        )
        return (
            Paragraph(MISSING[latency["missing"]], WARN),
            Table("Targets", ("Service", "Database", "Target, mean", "Verdict"), targets, numbers=(2,)),
        )
    lead = (
        f"From pg_stat_statements, since {said(latency['since'] or '')}: what the service's own logins ran. Within target "
        f"counts the "
        "calls of statements whose mean is."
    )
    return (
        Paragraph(lead),
        Table(
            "Latency against targets", TITLES, tuple(_line(row, latency["times"]) for row in rows), numbers=(2, 3, 4, 5, 6)
        ),
    )


def _line(row: Allocation, times: Sequence[Row]) -> tuple[Cell, ...]:
    found = measured(row, times)
    head = (Cell(row.title), name(row.database), Cell(f"{row.latency_target_ms} ms"))
    if found is None:
        return (*head, NOTHING, NOTHING, NOTHING, number(0), verdict(row, None))
    return (
        *head,
        Cell(f"{found.mean:,.1f} ms"),
        Cell(f"{found.within:.1f} %"),
        Cell(f"{found.longest:,.1f} ms"),
        number(found.calls),
        verdict(row, found),
    )
