# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The section of violations: by cause, the worst first, each with its remedy and what to type."""

from __future__ import annotations

from itertools import groupby

from ..audit_text import STANDING, advice, cause, order
from ..matrix.types import ServerSpec
from ..rules.base import EXCEPTED, OPEN, SEVERITIES
from ..rules.registry import RULES
from ..text_table import counted
from .document import GOOD, Block, Cell, Code, Group, Listing, Paragraph, Table
from .facts import Row, ServerFacts
from .words import mark

PLACES = 40  # shown of one cause; the rest is counted
STATEMENTS = 40


def standing(facts: ServerFacts) -> list[Row]:
    """What is so on a server and not accepted, worst first."""
    return sorted((row for row in facts.judged["violations"] if row["state"] in STANDING), key=order)


def counts(rows: list[Row]) -> str:
    """`1 critical, 15 high`, or `none`."""
    found = [(sum(row["severity"] == severity for row in rows), severity) for severity in SEVERITIES]
    return ", ".join(f"{count} {severity}" for count, severity in found if count) or "none"


def blocks(spec: ServerSpec, facts: ServerFacts) -> tuple[Block, ...]:
    """Every violation that stands, and those that are accepted for a time."""
    rows = standing(facts)
    if rows:
        lead: Block = Paragraph(
            f"{counted(len(rows), 'violation')}: {counts(rows)}. One cause can show in many places. The "
            "commands change the server only as far as they say."
        )
    else:
        lead = Paragraph("Nothing on the server is other than the matrix says.", GOOD)
    groups = [_group(list(several), facts) for _cause, several in groupby(rows, key=cause)]
    return (lead, *groups, *_accepted(spec, facts))


def _group(rows: list[Row], facts: ServerFacts) -> Group:
    severity, rule, kind = cause(rows[0])
    found: list[Block] = [Paragraph(f"{RULES[rule].what} {RULES[rule].why}")] if rule in RULES else []
    points = [row["message"] + ("" if row["state"] == OPEN else f" ({row['state']})") for row in rows[:PLACES]]
    if len(rows) > PLACES:
        points.append(f"and {len(rows) - PLACES} more of this kind")
    found.append(Listing(tuple(points)))
    statements = list(dict.fromkeys(text for row in rows for text in row["remedy"] or []))
    told, typed = advice(rows, kind, facts.command)
    found.append(Paragraph(f"Remedy. {told}"))
    found += [Code((typed,))] if typed else []
    if statements:
        more = len(statements) - STATEMENTS
        found += [
            Paragraph("What that does, or what to type by hand:" if typed else "What to type by hand:"),
            Code(
                (
                    *(f"{text};" for text in statements[:STATEMENTS]),
                    *([f"-- and {counted(more, 'more statement')}"] if more > 0 else []),
                )
            ),
        ]
    places = f" ({len(rows)} places)" if len(rows) > 1 else ""
    return Group(f"{rule}{places}", mark(severity), tuple(found))


def _accepted(spec: ServerSpec, facts: ServerFacts) -> list[Block]:
    rows = sorted((row for row in facts.judged["violations"] if row["state"] == EXCEPTED), key=order)
    if not rows:
        return []
    reasons = {(entry.rule, entry.object): entry for entry in spec.exceptions}
    told = []
    for row in rows:
        entry = reasons.get((row["rule"], row["object"] or ""))
        told.append(
            (
                Cell(row["rule"], code=True),
                Cell(row["message"]),
                Cell(entry.reason if entry else "–"),
                Cell(entry.expires if entry else "–"),
            )
        )
    return [
        Paragraph("Accepted for a time. After its date a violation counts again."),
        Table("Accepted violations", ("Rule", "What", "Why", "Until"), tuple(told)),
    ]
