# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Facts become a document. Pure: no clock, no server, no markup."""

from __future__ import annotations

from collections.abc import Callable

from ..matrix.types import ACTIVE, EXTERNAL, PLANNED
from ..text_table import counted, size
from . import access, allocation, backups, budget, latency, progress, sizes, violations
from .document import BAD, CALM, GOOD, WARN, Block, Cell, Document, Figure, Figures, Paragraph, Section
from .facts import Facts, ServerFacts
from .words import said

TITLE = "The good neighbors of {}"
FOOT = (
    "Made by the playbook bbworlds.good_neighbor.report from what the servers say, and from the allocation matrix. It "
    "holds no secret. "
    "Not kept by hand: change the matrix, and make it anew.",
)


def document(facts: Facts) -> Document:
    """The report of all servers of the matrix. Sections that tell of one server bear its name where there are several."""
    sections = [allocation.section(facts)]
    for server in facts.managed:
        sections += _sections(facts, server)
    sections += [progress.phases(facts), progress.success(facts)]
    title = TITLE.format(facts.managed[0] if len(facts.managed) == 1 else f"{len(facts.managed)} servers")
    return Document(
        title,
        _verdict(facts),
        f"The allocation matrix and what the servers made of it, read {said(facts.read_at)}.",
        Figures(_figures(facts)),
        tuple(sections),
        FOOT,
    )


def _sections(facts: Facts, server: str) -> list[Section]:
    read, matrix = facts.servers.get(server), facts.matrix
    several = len(facts.managed) > 1
    suffix, tail = (f": {server}", f"-{facts.managed.index(server) + 1}") if several else ("", "")
    if read is None:
        return [
            Section(
                f"unread{tail}",
                server,
                (
                    Paragraph(
                        "This server was not read: it was not asked, or did not answer. Nothing here tells how it is.", BAD
                    ),
                ),
            )
        ]
    parts: list[tuple[str, str, Callable[[], tuple[Block, ...]]]] = [
        ("access", "Who may reach what", lambda: access.blocks(matrix, server, read)),
        ("violations", "Violations and remedies", lambda: violations.blocks(matrix.server(server), read)),
        ("budget", "Budget of connections", lambda: budget.blocks(matrix, server, read)),
        ("backups", "Backups and drills", lambda: backups.blocks(facts, server)),
        ("latency", "Latency against targets", lambda: latency.blocks(matrix, server, read)),
        ("sizes", "Sizes", lambda: sizes.blocks(matrix, server, read)),
    ]
    return [Section(f"{name}{tail}", f"{title}{suffix}", make()) for name, title, make in parts]


def _verdict(facts: Facts) -> Cell:
    if len(facts.servers) < len(facts.managed) or not facts.servers:
        return Cell("not all read", tone=WARN)
    kept = all(server.judged["compliant"] for server in facts.servers.values())
    return Cell("compliant", tone=GOOD) if kept else Cell("not compliant", tone=BAD)


def _figures(facts: Facts) -> tuple[Figure, ...]:
    seen = facts.databases()
    active = [row for row in facts.matrix.rows if row.status == ACTIVE]
    there = [row for row in active if seen.get((row.server, row.database), {}).get("observed") == "active"]
    others = [
        f"{count} {status}"
        for status, count in (
            (status, sum(row.status == status for row in facts.matrix.rows)) for status in (PLANNED, EXTERNAL)
        )
        if count
    ]
    standing = [row for server in facts.servers.values() for row in violations.standing(server)]
    return (
        Figure(
            "Databases in place",
            f"{len(there)} of {len(active)}",
            ", ".join(others),
            GOOD if len(there) == len(active) else BAD,
        ),
        Figure(
            "Violations",
            str(len(standing)),
            violations.counts(standing),
            GOOD if not standing else BAD if any(row["severity"] in ("critical", "high") for row in standing) else WARN,
        ),
        *(_connections(facts, name, server) for name, server in facts.servers.items()),
        _backups(facts),
        Figure(
            "Data",
            size(sum(row["size_bytes"] or 0 for row in seen.values())) or "0 B",
            counted(sum(row["size_bytes"] is not None for row in seen.values()), "database"),
        ),
    )


def _connections(facts: Facts, name: str, server: ServerFacts) -> Figure:
    spec, live = facts.matrix.server(name), server.health["server"]
    label = "Connections promised" + (f", {name}" if len(facts.managed) > 1 else "")
    return Figure(label, f"{budget.promised(facts.matrix, name)} of {spec.max_connections}", f"{live['connections']} in use")


def _backups(facts: Facts) -> Figure:
    rows = [row for server in facts.servers for row in backups.backed_up(facts, server)]
    found = [backups.kept(row, facts.samples) for row in rows]
    if not any(one.backup for one in found):
        return Figure("Backups", "not set up", "no metric was found", WARN if rows else CALM)
    good = sum(backups.verdict(row, one, facts.read_at).tone == GOOD for row, one in zip(rows, found))
    return Figure(
        "Backups, tried by a drill",
        f"{good} of {len(rows)}",
        "fresh and restored on trial",
        GOOD if good == len(rows) else BAD,
    )
