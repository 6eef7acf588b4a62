# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What whoever runs steps asks of them: how many at once, in a transaction or not, with which lock, and where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from . import order, sql
from .expand.scope import Scope
from .items import Database, Owner, Role, SchemaFile, Session
from .model import Change
from .order import Step

BATCH = 200  # steps in one transaction: locks held at once stay far below max_locks_per_transaction


def batches(units: Iterable[Sequence[Step]]) -> Iterator[list[Step]]:
    """Whole units together, no more steps than run in one transaction, unless one alone has more."""
    batch: list[Step] = []
    for unit in units:
        if batch and len(batch) + len(unit) > BATCH:
            yield batch
            batch = []
        batch += unit
    yield batch


def transactional(change: Change) -> bool:
    """Whether it runs in a transaction with others."""
    return not order.creates(change) and not isinstance(change.item, (Session, SchemaFile))


def lock(change: Change) -> list[str]:
    """The lock to take before a change of owner, where PostgreSQL has NOWAIT for it: for tables."""
    item = change.item
    if not isinstance(item, Owner) or item.obj.kind != "TABLE":
        return []
    return [f"LOCK TABLE ONLY {sql.obj(item.obj)} IN ACCESS EXCLUSIVE MODE NOWAIT"]


def place(step: Step, scope: Scope) -> str:
    """Row and database of a step, in words."""
    item = step.change.item
    database = step.database or (item.name if isinstance(item, Database) else getattr(item, "database", ""))
    row = scope.row_of(item.name) if isinstance(item, Role) else None
    service = scope.service_of(database) or (row.service if row else None)
    where = f"database {database}" if database else "the maintenance database"
    return f"service {service}, {where}" if service else where
