# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs a plan's steps on the server. May be killed at any moment: no step depends on a run having finished.

Steps run in transactions of a bounded number; a change of owner with what its objects' new grants give in one. What cannot
get its locks (locks.py) is left, and so is what must not come before it (order.waits_for).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from typing import Any, cast

from .record import record
from . import locks, order, scram, sql
from .catalog import inside
from .catalog.links import groups
from .catalog.session import Server
from .catalog.snapshot import Rows, Snapshot
from .errors import GoodNeighborError, SchemaFileError, ServerError
from .expand.scope import Scope
from .items import Role, SchemaFile
from .locks import NotNow
from .model import Change
from .order import Step
from .schema import records
from .schema.apply import SchemaFileDeferred, apply_file
from .schema.files import BASELINE
from .schema.files import SchemaFile as SchemaText
from .steps import BATCH, batches, lock, place, transactional

_AT_ONCE = 2  # with the session that is open anyway three, as many as PostgreSQL keeps for superusers


@record(frozen=True)
class _Visit:
    """Steps in one session. `new`: nobody else has been in the database; `last`: it is not entered again."""

    database: str
    steps: Sequence[Step]
    new: bool
    last: bool


@dataclass
class Runner:
    """Carries out steps on a server that was found as in `first`. `passwords`: the matrix's, by role. `done`: the steps that
    ran. `deferred`: why, by the violations whose steps did not; `left`: those steps; `vanished`: violations whose objects
    were gone. `held` by database the schema file that got no lock: those after it wait. `seen`: what new databases held
    when the last visit to them ended, and those of no service, which have no step. `failed`: what was refused in one
    database, which holds up no other."""

    server: Server
    scope: Scope
    first: Snapshot
    passwords: Mapping[str, str | None] = field(repr=False)
    sources: Mapping[str, tuple[SchemaText, ...]]
    done: list[Step] = field(default_factory=list)
    left: list[Step] = field(default_factory=list)
    deferred: dict[tuple[str, str, str, str], str] = field(default_factory=dict)
    vanished: set[tuple[str, str, str, str]] = field(default_factory=set)
    held: dict[str, str] = field(default_factory=dict)
    seen: dict[str, Rows] = field(default_factory=dict)
    failed: list[GoodNeighborError] = field(default_factory=list)

    def look_again(self) -> None:
        """The server was read anew: what was dropped or renamed in between is not in the way any more."""
        for key in self.vanished:
            self.deferred.pop(key, None)
        self.left = [step for step in self.left if step.key not in self.vanished]
        self.vanished.clear()
        self.seen.clear()

    def run(self, steps: Iterable[Step], shared: Any, common: Mapping[str, Rows]) -> None:
        """All steps, in order; `shared` is a connection to the maintenance database, `common` what the databases held a
        moment ago that are no service's.

        Raises ServerError that names statement, place and way out, in the end where it is about one database; what ran
        before it stays.
        """
        given = list(steps)
        made = {step.change.item.key for step in given if order.creates(step.change)}
        last = {step.order[1]: step.order[0] for step in given}
        if order.only_makes(given, made):
            self.seen |= {name: found for name, found in common.items() if name not in last}
        visits = [_Visit(database, list(steps), (database,) in made, stage == last[database])
                  for (stage, database), steps in groupby(given, key=lambda step: step.order[:2])]
        for new, some in groupby(visits, key=lambda visit: visit.new):
            if new:
                self._together(list(some))
            else:
                for visit in some:
                    self._survive(visit, shared)
        if self.failed:
            raise type(self.failed[0])("\n".join(dict.fromkeys(map(str, self.failed))))

    def _survive(self, visit: _Visit, shared: Any) -> None:
        """A visit. What is refused in a service's database holds up none but this service."""
        try:
            self._visit(visit, shared)
        except GoodNeighborError as error:
            if visit.database in ("", self.server.database):
                raise
            self.failed.append(error)
            self._leave([step for step in visit.steps if step not in self.done and step not in self.left], str(error))

    def _together(self, visits: Sequence[_Visit]) -> None:
        """Visits of new databases, some at a time: nobody works there, and none needs another. What comes of them is put
        together in their order."""
        alone = [replace(self, done=[], left=list(self.left), deferred=dict(self.deferred), vanished=set(self.vanished),
                         held=dict(self.held), seen={}, failed=[]) for _visit in visits]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda runner, visit: runner._survive(visit, None), alone, visits))
        before = len(self.left)
        for runner in alone:
            self.done += runner.done
            self.left += runner.left[before:]
            self.deferred = {**runner.deferred, **self.deferred}
            self.vanished |= runner.vanished
            self.held |= runner.held
            self.seen |= runner.seen
            self.failed += runner.failed

    def _visit(self, visit: _Visit, shared: Any) -> None:
        if any(order.creates(step.change) and step.change.item.key == (visit.database,) for step in self.left):
            self._leave(visit.steps, f"database {visit.database} is not there")
            return
        with self._session(visit.database, shared) as connection:
            for phase, part in groupby(visit.steps, key=lambda step: step.order[2]):
                (self._owners if phase == order.OWNERS else self._part)(connection, list(part))
            if visit.new and visit.last:
                self._look(connection.cursor(), visit.database)

    def _look(self, cursor: Any, database: str) -> None:
        """Reads a new database in the session that is there already: nobody but its schema files has been in it."""
        cursor.execute("SELECT oid::int8 FROM pg_catalog.pg_roles WHERE rolname = %s", (self.scope.places[database].owner,))
        ((declared,),) = cursor.fetchall()
        self.seen[database] = inside.fetch(cursor, self.first, declared)

    @contextmanager
    def _session(self, database: str, shared: Any) -> Iterator[Any]:
        if database in ("", self.server.database):
            yield shared
            return
        connection = self.server.connect(database)
        try:
            yield connection
        finally:
            connection.close()

    def _part(self, connection: Any, steps: Sequence[Step]) -> None:
        """Gives or takes: each of them may run without the others."""
        for together, several in groupby(steps, key=lambda step: transactional(step.change)):
            ready = [step for step in several if not self._waits(step)]
            if not together:
                for step in ready:
                    self._single(connection, step)
                continue
            for start in range(0, len(ready), BATCH):
                batch = ready[start:start + BATCH]
                try:
                    self._transaction(connection, batch)
                except NotNow:
                    self._each(connection, [[step] for step in batch])

    def _owners(self, connection: Any, steps: Sequence[Step]) -> None:
        """Changes of owner, with what their objects' new grants give: all at once, or where that cannot be had, in groups
        of which none needs what lies in another."""
        ready = [step for step in steps if not self._waits(step)]
        if not ready:
            return
        for batch in [ready] if len(ready) <= BATCH else batches(groups(connection.cursor(), ready)):
            if locks.tried(partial(self._transaction, connection), [batch]):
                self._each(connection, groups(connection.cursor(), batch))

    def _each(self, connection: Any, units: Sequence[Sequence[Step]]) -> None:
        """Runs each unit in a transaction of its own; those that got no lock are left."""
        for unit, error in locks.tried(partial(self._transaction, connection), units):
            self._leave(unit, str(error), gone=error.gone)

    def _leave(self, steps: Iterable[Step], why: str, *, gone: bool = False) -> None:
        for step in steps:
            self.left.append(step)
            self.deferred.setdefault(step.key, why)
            if gone:
                self.vanished.add(step.key)

    def _waits(self, step: Step) -> bool:
        earlier = order.waits_for(step, self.left, self.scope)
        if earlier is not None:
            self._leave([step], f"it must not come before what waits: {self.deferred[earlier.key]}",
                        gone=earlier.key in self.vanished)
        return earlier is not None

    def _transaction(self, connection: Any, steps: Sequence[Step]) -> None:
        cursor = connection.cursor()
        locking = [text for step in steps for text in lock(step.change)]
        prepared = [(step, self._statements(step.change)) for step in steps]  # hashing takes time: not while locks are held

        def work() -> None:
            for text in locking:
                self._execute(cursor, text, steps[0])
            for step, statements in prepared:
                for text in statements:
                    self._execute(cursor, text, step)

        locks.transaction(cursor, work)
        self.done += steps

    def _statements(self, change: Change) -> list[str]:
        verifiers = None
        if isinstance(change.item, Role) and (change.before is None or "password" in change.patch()):
            secret = self.passwords.get(change.item.name)
            verifiers = {} if secret is None else {change.item.name: scram.verifier(secret)}
        return sql.render(change, self.first.major, verifiers)

    def _single(self, connection: Any, step: Step) -> None:
        """What cannot run in a transaction, or brings its own."""
        if isinstance(step.change.item, SchemaFile):
            self._schema_file(connection, step)
            return
        cursor = connection.cursor()
        try:
            for statement in self._statements(step.change):
                self._execute(cursor, statement, step)
            self.done.append(step)
        except NotNow as error:
            self._leave([step], str(error), gone=error.gone)

    def _execute(self, cursor: Any, statement: str, step: Step) -> None:
        try:
            cursor.execute(statement)
        except Exception as error:  # the driver's errors have one base, which only a connection knows
            waits = locks.not_now(error)
            if waits is not None:
                raise waits from None
            shown = "; ".join(sql.render(step.change, self.first.major))
            raise ServerError(
                f"{place(step, self.scope)}: the server refused «{shown}»: {locks.said(error)}. Nothing is left of it, nor "
                "of the transaction that it was a part of; what was committed before stays, and is right. Remove the cause "
                "and run again: the next run goes on from there.") from None

    def _schema_file(self, connection: Any, step: Step) -> None:
        file = cast("SchemaFile", step.change.after)
        source = next(source for source in self.sources[file.database] if source.path == file.path)
        waits = self.held.get(file.database)
        if file.state != BASELINE and waits is not None:
            self._leave([step], f"{file.path} comes after {waits}, which waits")
            return
        try:
            self._apply_file(connection, file, source)
            self.done.append(step)
        except SchemaFileDeferred as error:
            self.held[file.database] = file.path
            self._leave([step], str(error))
        except SchemaFileError as error:
            raise SchemaFileError(f"{place(step, self.scope)}: {error}") from None

    def _apply_file(self, connection: Any, file: SchemaFile, source: SchemaText) -> None:
        if file.state == BASELINE:
            records.record_baseline(connection.cursor(), [source])
            return
        owner = self.scope.places[file.database].owner
        apply_file(source, admin=connection, connect_as=self._connect_as(file.database), owner=owner,
                   password=self.passwords.get(owner), lock_timeout=self.server.lock_timeout)

    def _connect_as(self, database: str) -> Callable[[str, str], Any]:
        return lambda role, password: self.server.connect_as(role, password, database)
