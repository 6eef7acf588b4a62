# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs a plan's steps on the server. May be killed at any moment: no step depends on a run having finished.

Steps of one database go through one session, in transactions of a bounded number of steps, each behind a savepoint.
A relation is locked NOWAIT, with a few tries: nobody queues behind us. What cannot get its lock is deferred.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, cast

from . import scram, sql
from .catalog.session import Server
from .errors import SchemaFileError, ServerError
from .expand.scope import Scope
from .items import RELATIONS, Database, Owner, Role, SchemaFile, Session
from .model import Change
from .plan import Step
from .schema import records
from .schema.apply import SchemaFileDeferred, apply_file
from .schema.files import BASELINE
from .schema.files import SchemaFile as SchemaText

_BATCH = 200  # steps in one transaction: locks held at once stay far below max_locks_per_transaction
_TRIES, _PAUSE = 5, 0.1
_LOCK_WAIT = "50ms"  # where PostgreSQL has no NOWAIT: as long as others may have to queue behind us
_NOT_NOW = ("55P03", "40P01", "57014")  # lock_not_available, deadlock_detected, query_canceled
_CONCURRENTLY = "tuple concurrently updated"


@dataclass
class Runner:
    """Carries out steps. `passwords`: the matrix's, by role. `deferred` collects the violations whose steps got no lock,
    `held` by database the schema file that got none: those after it wait too."""

    server: Server
    scope: Scope
    major: int
    passwords: Mapping[str, str | None] = field(repr=False)
    sources: Mapping[str, tuple[SchemaText, ...]]
    deferred: dict[tuple[str, str, str, str], str] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)

    def run(self, steps: Iterable[Step]) -> None:
        """All steps, in order. Raises ServerError that names statement, place and way out; what ran before it stays."""
        for database, group in groupby(steps, key=lambda step: step.database):
            connection = self.server.connect(database or None)
            try:
                for transactional, batch in groupby(group, key=lambda step: _transactional(step.change)):
                    todo = list(batch)
                    if transactional:
                        for start in range(0, len(todo), _BATCH):
                            self._transaction(connection, todo[start:start + _BATCH])
                    else:
                        for step in todo:
                            self._single(connection, step)
            finally:
                connection.close()

    def _statements(self, change: Change) -> list[str]:
        verifiers = None
        if isinstance(change.item, Role) and (change.before is None or "password" in change.patch()):
            secret = self.passwords.get(change.item.name)
            verifiers = {} if secret is None else {change.item.name: scram.verifier(secret)}
        return sql.render(change, self.major, verifiers)

    def _transaction(self, connection: Any, steps: list[Step]) -> None:
        cursor = connection.cursor()
        cursor.execute("BEGIN")
        try:
            for step in steps:
                cursor.execute("SAVEPOINT step")
                self._tries(cursor, step)
                cursor.execute("RELEASE SAVEPOINT step")
            cursor.execute("COMMIT")
        except BaseException:
            if not connection.closed:
                cursor.execute("ROLLBACK")
            raise

    def _tries(self, cursor: Any, step: Step) -> None:
        for attempt in range(_TRIES):
            try:
                for statement in [*_lock(step.change), *self._statements(step.change)]:
                    self._execute(cursor, statement, step)
                return
            except _NotNow as error:
                cursor.execute("ROLLBACK TO SAVEPOINT step")
                if attempt + 1 == _TRIES:
                    self.deferred[step.key] = str(error)
                else:
                    time.sleep(_PAUSE)

    def _single(self, connection: Any, step: Step) -> None:
        """What cannot run in a transaction, or brings its own."""
        if isinstance(step.change.item, SchemaFile):
            self._schema_file(connection, step)
            return
        cursor = connection.cursor()
        try:
            for statement in self._statements(step.change):
                self._execute(cursor, statement, step)
        except _NotNow as error:
            self.deferred[step.key] = str(error)

    def _execute(self, cursor: Any, statement: str, step: Step) -> None:
        try:
            cursor.execute(statement)
        except Exception as error:  # the driver's errors have one base, which only a connection knows
            said = _said(error)
            if getattr(error, "pgcode", None) in _NOT_NOW or _CONCURRENTLY in said:
                raise _NotNow(said) from None
            shown = "; ".join(sql.render(step.change, self.major))
            raise ServerError(f"{_place(step, self.scope)}: the server refused «{shown}»: {said}. Nothing of this statement "
                              "is left; what ran before it stays and is right. Remove the cause and run again.") from None

    def _schema_file(self, connection: Any, step: Step) -> None:
        file = cast("SchemaFile", step.change.after)
        source = next(source for source in self.sources[file.database] if source.path == file.path)
        if file.state == BASELINE:
            records.record_baseline(connection.cursor(), [source])
            return
        owner = self.scope.places[file.database].owner
        waits = self.held.get(file.database)
        if waits is not None:
            self.deferred[step.key] = f"{file.path} comes after {waits}, which waits"
            return
        try:
            apply_file(source, admin=connection, connect_as=self._connect_as(file.database), owner=owner,
                       password=self.passwords.get(owner), lock_timeout=self.server.lock_timeout)
        except SchemaFileDeferred as error:
            self.deferred[step.key], self.held[file.database] = str(error), file.path
        except SchemaFileError as error:
            raise SchemaFileError(f"{_place(step, self.scope)}: {error}") from None

    def _connect_as(self, database: str) -> Callable[[str, str], Any]:
        return lambda role, password: self.server.connect_as(role, password, database)


class _NotNow(Exception):
    """A lock was not got."""


def _transactional(change: Change) -> bool:
    creates = isinstance(change.item, Database) and change.before is None
    return not creates and not isinstance(change.item, (Session, SchemaFile))


def _lock(change: Change) -> list[str]:
    """Locks to take before a change of owner, without a queue behind them."""
    item = change.item
    if not isinstance(item, Owner) or item.obj.kind not in (*RELATIONS, "SEQUENCE"):
        return [f"SET LOCAL lock_timeout = {sql.literal('3s')}"] if isinstance(item, Owner) else []
    wait = [f"SET LOCAL lock_timeout = {sql.literal(_LOCK_WAIT)}"]
    if item.obj.kind == "TABLE":
        wait.append(f"LOCK TABLE ONLY {sql.obj(item.obj)} IN ACCESS EXCLUSIVE MODE NOWAIT")
    return wait


def _said(error: Exception) -> str:
    """The server's own sentence: its details could quote a statement, and a statement a secret."""
    diagnosis = getattr(error, "diag", None)
    return str(diagnosis.message_primary if diagnosis is not None and diagnosis.message_primary else error).strip()


def _place(step: Step, scope: Scope) -> str:
    """Row and database of a step, in words."""
    item = step.change.item
    database = step.database or (item.name if isinstance(item, Database) else getattr(item, "database", ""))
    row = scope.row_of(item.name) if isinstance(item, Role) else None
    service = scope.service_of(database) or (row.service if row else None)
    where = f"database {database}" if database else "the maintenance database"
    return f"service {service}, {where}" if service else where
