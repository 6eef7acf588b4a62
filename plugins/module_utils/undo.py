# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The statements that take a change back: its inverse, by the same renderer, and what the inverse would spoil."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import Protocol, TextIO, cast

from . import acl, sql
from .catalog.snapshot import Snapshot
from .items import Database, Extension, Grant, Membership, Obj, Owner, Role, SchemaFile, Session, Thing
from .model import Change, Model


def statements(change: Change, earlier: Model, state: Snapshot) -> Iterator[str]:
    """What takes `change` back. `earlier` is what it could touch, as it was before, `state` the snapshot after it.

    Nothing for what was created, and for sessions that were ended.
    """
    item, major = change.item, state.major
    if isinstance(item, (Session, SchemaFile)) or (change.before is None and isinstance(item, (Role, Database, Extension))):
        return
    if isinstance(item, Thing):
        yield from state.definitions.get((item.database, item.kind, item.name), ())
        return
    if isinstance(item, (Grant, Membership)) and change.before is not None:
        present = state.model.of(type(item)).get(item.key)
        if present is not None and item.key not in earlier.of(type(item)):  # another change of the run took what there was
            yield from sql.render(Change(present, None), major)
        # what hung on it by CASCADE comes back too
        yield from _missing(item, earlier, state, major)
        return
    yield from sql.render(Change(change.after, change.before), major, _verifiers(state))
    if isinstance(item, Role) and "expiry" in change.patch():
        yield f"ALTER ROLE {sql.ident(item.name)} VALID UNTIL {sql.literal(state.expiries.get(item.name) or 'infinity')}"
    if isinstance(item, (Owner, Database)) and "owner" in change.patch():
        yield from _after_owner(change, earlier, state)


def _verifiers(state: Snapshot) -> dict[str, str]:
    return {role: stored for role, stored in state.stored.items() if stored is not None}


def touched(change: Change, model: Model) -> Model:
    """The part of `model` that `change` can touch: the item, and what PostgreSQL takes along with it."""
    item = change.item
    part = Model(found for found in (model.get(type(item), *item.key),) if found is not None)
    objects: list[Obj] = []
    if isinstance(item, Grant):
        objects = [item.obj]
    elif isinstance(item, Membership):
        for membership in model.near(Membership, item.role):
            part.put(membership)
    elif isinstance(item, Database):
        objects = [item.obj]
    elif isinstance(item, Owner):
        linked = model.near(Owner, (item.obj.database, f"{item.obj.schema}.{item.obj.name}"))
        for sequence in linked:
            part.put(sequence)
        objects = [item.obj, *(sequence.obj for sequence in linked)]
    for obj in objects:
        for grant in model.near(Grant, obj):
            part.put(grant)
    return part


def _missing(item: Grant | Membership, earlier: Model, state: Snapshot, major: int) -> Iterator[str]:
    """Statements that give back what of one object's grants (or one role's memberships) is gone."""
    gone = [before for before in sorted(earlier.of(type(item)).values())
            if state.model.of(type(item)).get(before.key) != before]
    owner = _owner(item.obj, state.model) if isinstance(item, Grant) else None
    for before in sorted(gone, key=lambda grant: _distance(grant, gone)):
        statements = sql.render(Change(state.model.of(type(item)).get(before.key), before), major)
        # a superuser's GRANT comes from the owner; what somebody passed on, he gives again
        passed_on = isinstance(before, Grant) and owner is not None and before.grantor != owner
        yield from [f"SET ROLE {sql.ident(before.grantor)}", *statements, "RESET ROLE"] if passed_on else statements


def _owner(obj: Obj, model: Model) -> str | None:
    """Who owns it."""
    if obj.kind == "DATABASE":
        database = model.get(Database, obj.name)
        return database.owner if database else None
    owner = model.get(Owner, obj)
    return owner.owner if owner else None


def _distance(item: Grant | Membership, others: Iterable[Grant | Membership], seen: frozenset[str] = frozenset()) -> int:
    """How often it was passed on: who gives must have got it before."""
    got = [other for other in others if item.grantor == (other.grantee if isinstance(other, Grant) else other.member)
           and item.grantor not in seen]
    return 1 + max((_distance(other, others, seen | {item.grantor}) for other in got), default=0)


def _after_owner(change: Change, earlier: Model, state: Snapshot) -> Iterator[str]:
    """After ALTER ... OWNER TO the old owner: the grants that the two changes of owner have merged."""
    before, after = cast("tuple[Owner | Database, Owner | Database]", (change.before, change.after))
    objects: list[Obj] = [before.obj]
    if isinstance(before, Owner):
        table = f"{before.obj.schema}.{before.obj.name}"
        objects += [owner.obj for owner in earlier.near(Owner, (before.obj.database, table))]
    for obj in objects:
        back = {grant.key: grant for grant in acl.new_owner(state.model.near(Grant, obj), after.owner, before.owner)}
        old = {grant.key: grant for grant in earlier.near(Grant, obj)}
        for key in sorted(back.keys() | old.keys(), key=str):
            if back.get(key) != old.get(key):
                yield from sql.render(Change(back.get(key), old.get(key)), state.major)


class Undoable(Protocol):
    """What an undo file needs of a step."""

    @property
    def database(self) -> str: ...

    @property
    def undo(self) -> tuple[str, ...]: ...


class UndoFile:
    """SQL for psql that takes a run back, written before its first change, readable by its owner only: it can hold
    verifiers. The file of an earlier run is kept beside it, under the time at which it was written."""

    def __init__(self, path: str, server: str) -> None:
        self.path, self.server = path, server
        self._parts: list[str] = []

    def add(self, steps: Iterable[Undoable]) -> None:
        """The steps that are about to run. Raises OSError where the file cannot be written."""
        backwards = [step for step in reversed(list(steps)) if step.undo]
        if not backwards:
            return
        text = ""
        for database, group in groupby(backwards, key=lambda step: step.database):
            text += f"\\connect {sql.ident(database or 'postgres')}\n"
            # a blank line after what must be taken back together
            text += "".join("".join(f"{statement};\n" for statement in step.undo) + "\n" for step in group)
        if not self._parts:
            self._keep_earlier()
        self._parts.insert(0, text)
        self._write()

    def probe(self) -> None:
        """Raises OSError where the file could not be written."""
        with self._aside():
            pass
        os.unlink(f"{self.path}.new")

    def _keep_earlier(self) -> None:
        if os.path.exists(self.path):
            stamp = time.strftime("%Y-%m-%dT%H%M%S", time.localtime(os.path.getmtime(self.path)))
            os.replace(self.path, f"{self.path}.{stamp}")

    def _write(self) -> None:
        head = (f"-- Takes back what a run of Good Neighbor changed on {self.server}. Run it with psql as superuser,\n"
                "-- or with the playbook undo. What was created stays; sessions that were ended do not come back.\n"
                "\\set ON_ERROR_STOP on\n")
        with self._aside() as file:
            file.write(head + "".join(self._parts))
            file.flush()
            os.fsync(file.fileno())
        os.replace(f"{self.path}.new", self.path)

    @contextmanager
    def _aside(self) -> Iterator[TextIO]:
        """A new file beside it that nobody else may read, whatever lay there before."""
        aside = f"{self.path}.new"
        if os.path.lexists(aside):
            os.unlink(aside)
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            yield file
