# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An outcome as what the modules return: plain mappings and lists, every secret masked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from . import hide, sql
from .engine import Outcome
from .items import Database, Obj, SchemaFile, Setting
from .matrix.types import ACTIVE
from .model import Change, Item
from .plan import Verdict
from .rules.base import DEFERRED, LOW, OPEN, UNCHECKED
from .schema.files import BASELINE, STARTED

NEEDS_CREATION, UNALLOCATED = "needs_creation", "unallocated"
_NOT_RIGHT = (OPEN, DEFERRED, UNCHECKED)


def of(outcome: Outcome, *, diff: bool = False) -> dict[str, Any]:
    """`violations`, `databases`, `compliant`, `changed`, `statements`, `notes`, and `diff` where asked for."""
    major = outcome.before.major
    result: dict[str, Any] = {
        "violations": [_violation(verdict, outcome, major) for verdict in outcome.verdicts],
        "databases": list(_databases(outcome)),
        "compliant": compliant(outcome.verdicts),
        "changed": outcome.changed,
        "statements": [statement for step in outcome.plan.steps for statement in shown(step.change, major)],
        "notes": outcome.notes,
    }
    if diff:
        result["diff"] = {"before": _lines(step.change.before for step in outcome.plan.steps),
                          "after": _lines(step.change.after for step in outcome.plan.steps)}
    return result


def compliant(verdicts: Iterable[Verdict]) -> bool:
    """Whether no violation of severity medium or above is open, deferred or unchecked."""
    return not any(verdict.state in _NOT_RIGHT and verdict.violation.how_bad != LOW for verdict in verdicts)


def shown(change: Change, major: int) -> list[str]:
    """The statements of a change, secrets masked; a schema file is one entry of name and checksum."""
    if isinstance(change.item, SchemaFile):
        ran = change.item.state == BASELINE or isinstance(change.before, SchemaFile) and change.before.state == STARTED
        verb = "record as applied" if ran else "apply"
        return [f"{verb} schema file {change.item.path} (sha256 {change.item.checksum})"]
    return sql.render(change, major)


def _violation(verdict: Verdict, outcome: Outcome, major: int) -> dict[str, Any]:
    violation = verdict.violation
    return {
        "rule": violation.rule.id, "severity": violation.how_bad, "remedy_kind": violation.remedy_kind,
        "server": outcome.scope.spec.name, "service": violation.service, "database": violation.database,
        "role": violation.role, "object": violation.object, "message": violation.message,
        "remedy": [statement for change in violation.changes for statement in shown(change, major)],
        "state": verdict.state}


def _databases(outcome: Outcome) -> Iterable[dict[str, Any]]:
    scope, present = outcome.scope, outcome.after.model.of(Database)
    declared = {row.database: row for row in scope.matrix.rows if row.server == scope.spec.name}
    external = {row.database: row for row in scope.matrix.rows
                if not scope.matrix.server(row.server).managed and row.database not in declared}
    known = {*declared, *external, *scope.places}
    names = [*declared, *external, *sorted(found.name for found in present.values() if found.name not in known)]
    for name in names:
        row = declared.get(str(name)) or external.get(str(name))
        database = present.get((name,))
        status = row.status if row else None
        observed = status or UNALLOCATED
        if status == ACTIVE and database is None:
            observed = NEEDS_CREATION
        yield {"service": row.service if row else None, "database": str(name), "declared": status, "observed": observed,
               "owner": database.owner if database else row.owner if row else None,
               "size_bytes": outcome.after.sizes.get(str(name)), "connections": outcome.after.connections.get(str(name), 0),
               "connection_limit": database.limit if database and database.limit >= 0 else None}


def _lines(items: Iterable[Item | None]) -> str:
    """Items as text, one a line."""
    return "".join(f"{_line(item)}\n" for item in items if item is not None)


def _line(item: Item) -> str:
    words = [type(item).__name__.lower()]
    for each in fields(item):
        value = hide.value(item) if isinstance(item, Setting) and each.name == "value" else getattr(item, each.name)
        if isinstance(value, Obj):
            words.append(f"{value.kind.lower()} {value.text}{f' in {value.database}' if value.database else ''}")
        elif isinstance(value, tuple):
            words += [f"{each.name}={','.join(value)}"] if value else []
        elif value not in ("", None):
            words.append(f"{each.name}={value}")
    return " ".join(words)
