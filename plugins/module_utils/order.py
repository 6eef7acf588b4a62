# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""In which order a plan's steps run: give before take, so that what works for the rightful service works at every moment.

Shared gives; inside of each database gives, owners, takes; owners of databases; shared takes; what must come after them
inside; schema files; sessions. A new database has its schema files in the visit that gives, where no role is changed after.
A change of owner is one transaction with what its objects' new grants give. Pure: it runs on steps alone.
"""

# pylint: disable=invalid-field-call  # a record is a dataclass
from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import field, replace
from typing import cast

from .record import record
from .expand.scope import Scope
from .items import (
    UNLIMITED, Database, DefaultGrant, Extension, Grant, Membership, Obj, Owner, Role, SchemaFile, Session, Setting, Thing)
from .model import Change, Item

# stages: each is one visit to each of its databases
SHARED_GIVES, INSIDE, SHARED_OWNERS, SHARED_TAKES, INSIDE_TAKES, FILES, SESSIONS = range(7)
# phases of a visit
GIVES, OWNERS, TAKES, FILES_LAST = range(4)
_SHARED_KINDS = ("DATABASE", "TABLESPACE", "PARAMETER")


@record(frozen=True)
class Step:
    """One change to run: in `database` (empty: in the maintenance database), for the violation `key`, found in `turn`.
    `moves`: the objects whose owner it changes. `undo` takes it back. `order`: stage, database, phase."""

    change: Change
    database: str
    key: tuple[str, str, str, str]
    turn: int
    moves: frozenset[Obj] = frozenset()
    undo: tuple[str, ...] = field(default=(), repr=False)
    order: tuple[int, str, int] = (0, "", 0)


def where(item: Item) -> str:
    """The database in which a change of `item` runs."""
    if isinstance(item, (Owner, Grant)):
        return item.obj.database
    return item.database if isinstance(item, (DefaultGrant, Extension, Thing, SchemaFile)) else ""


def cause(change: Change) -> tuple[int, int]:
    """In which order the changes of one turn are carried out on the model: what another needs comes first."""
    item = change.item
    if isinstance(item, Role):
        return 0, 0 if change.before is None else 1
    if isinstance(item, Membership):
        return 0, 2
    if isinstance(item, Database):
        opens = isinstance(change.before, Database) and item.connections and not change.before.connections
        return 0, 3 if change.before is None else 9 if opens else 4
    if isinstance(item, Setting):
        return 0, 5
    if isinstance(item, Session):
        return 2, 0
    if isinstance(item, (Owner, Grant)) and item.obj.kind in _SHARED_KINDS:
        return 0, 6 if isinstance(item, Owner) else 7
    if isinstance(item, Thing):
        return 1, 0 if item.kind == "user mapping" else 1
    phases: dict[type[Item], int] = {Extension: 2, Owner: 3, Grant: 4, DefaultGrant: 5, SchemaFile: 6}
    return 1, phases[type(item)]


def takes(change: Change) -> bool:
    """Whether somebody or something has less after it: a right, an attribute, a setting, a thing."""
    before, after = change.before, change.after
    if before is None:
        return False
    if after is None:
        return True
    if isinstance(before, (Grant, DefaultGrant)) and isinstance(after, (Grant, DefaultGrant)):
        return not (set(before.privileges) <= set(after.privileges) and set(before.grantable) <= set(after.grantable))
    return any(value is False or (name == "limit" and _lower(getattr(before, name), value))
               for name, value in change.patch().items())


def _lower(before: object, after: object) -> bool:
    """Whether a limit is lower than it was."""
    bounded = isinstance(before, int) and isinstance(after, int) and after != UNLIMITED
    return bounded and (before == UNLIMITED or cast(int, after) < cast(int, before))


def arrange(steps: Iterable[Step], fresh: Collection[str]) -> list[Step]:
    """The steps in the order in which they run. `fresh`: databases that accept no connections yet: nobody has anything
    there that could be taken away. Given in the order of their turns; what is not told apart here keeps that order.

    Takes inside of a database come in one visit with its gives, but for two kinds. Its new owner uses schema public as
    pg_database_owner: before it is that, nobody may lose anything. And what somebody passed on goes with his grant option
    only if he is no member of the owner any more, and no superuser (recursive_revoke in PostgreSQL's acl.c).
    """
    given = list(steps)
    moved: dict[Obj, int] = {}
    for step in given:
        moved |= dict.fromkeys(step.moves, step.turn)
    placed = [(step, *_place(step, moved, fresh)) for step in given]
    sold = {obj.name for step, stage, _phase in placed if stage == SHARED_OWNERS for obj in step.moves}
    shared = {type(step.change.item) for step, stage, _phase in placed if stage in (SHARED_OWNERS, SHARED_TAKES)}
    powers = bool(shared & {Membership, Role})
    found = []
    for step, stage, phase in placed:
        if stage == INSIDE and phase == TAKES and (step.database in sold or powers and _cascades(step.change)):
            stage = INSIDE_TAKES
        if phase == FILES_LAST and (shared - {Grant} if step.database in fresh else shared):
            stage = FILES  # run as the owner, whom nothing that is to be taken away shall steer
        found.append(replace(step, order=(stage, step.database, phase)))
    return sorted(found, key=lambda step: step.order)


def _cascades(change: Change) -> bool:
    """Whether it takes a grant option, and what was passed on with it."""
    before, after = change.before, change.after
    kept = set(after.grantable) if isinstance(after, Grant) else set()
    return isinstance(before, Grant) and bool(set(before.grantable) - kept)


def _place(step: Step, moved: dict[Obj, int], fresh: Collection[str]) -> tuple[int, int]:
    """Stage and phase of a step."""
    change, item = step.change, step.change.item
    if isinstance(item, Session):
        return SESSIONS, TAKES
    if isinstance(item, SchemaFile):
        return INSIDE, FILES_LAST
    obj = item.obj if isinstance(item, (Grant, Owner, Database)) else None
    follows = isinstance(item, Grant) and obj in moved and step.turn > moved[item.obj] and not takes(change)
    owner = bool(step.moves) or follows
    if step.database:
        return INSIDE, OWNERS if owner else TAKES if takes(change) else GIVES
    about = item.name if isinstance(item, Database) else item.database if isinstance(item, Setting) else \
        obj.name if obj is not None and obj.kind == "DATABASE" else None
    if about in fresh:
        return SHARED_GIVES, GIVES
    return (SHARED_OWNERS, OWNERS) if owner else (SHARED_TAKES, TAKES) if takes(change) else (SHARED_GIVES, GIVES)


def creates(change: Change) -> bool:
    """Whether it makes a database."""
    return isinstance(change.item, Database) and change.before is None


def only_makes(steps: Iterable[Step], made: Collection[object]) -> bool:
    """Whether nothing shared is another than it was, but for grants: then other databases are what they were. What a role
    may do and who owns a database decides what is right in them."""
    return all(step.database or step.change.before is None or isinstance(step.change.item, Grant)
               or step.change.item.key in made for step in steps)


def waits_for(step: Step, left: Iterable[Step], scope: Scope) -> Step | None:
    """The step among those that are `left` (no lock was to be had) that must come before `step`: whose service, object or
    former owner would lose what it still needs."""
    if step.order[2] == GIVES:
        return None
    gives = (earlier for earlier in left if earlier.order[2] in (GIVES, OWNERS))
    return next((earlier for earlier in gives if _needed(step, earlier, scope)), None)


def _needed(step: Step, earlier: Step, scope: Scope) -> bool:
    """Whether `earlier` must come before `step`."""
    if isinstance(step.change.item, SchemaFile):
        makes_way = isinstance(earlier.change.item, (Database, Role, Extension))
        return makes_way and bool(services(earlier, scope) & services(step, scope))
    if step.database and earlier.database:
        needy = losers(earlier) - {scope.bootstrap}
        same = bool(objects(step) & objects(earlier) or needy and (needy & _lessened(step) or _from_many(step, scope)))
        return same and step.database == earlier.database
    return bool(services(earlier, scope) & services(step, scope) or losers(earlier) & _lessened(step))


def _from_many(step: Step, scope: Scope) -> bool:
    """Whether it takes inside of a database from PUBLIC, or from what may be a group: whoever is in it loses that, too.
    What another service's role loses there waits for nobody."""
    item = step.change.item
    if not isinstance(item, Grant) or not takes(step.change):
        return False
    row = scope.row_of(item.grantee)
    return row is None or row.service == scope.service_of(step.database)


def losers(step: Step) -> set[str]:
    """The former owner that a change of owner leaves with nothing."""
    before = step.change.before
    return {before.owner} if step.moves and isinstance(before, (Owner, Database)) else set()


def objects(step: Step) -> set[Obj]:
    item = step.change.item
    return {*step.moves, *({item.obj} if isinstance(item, (Grant, Owner)) else ())}


def _lessened(step: Step) -> set[str]:
    """The roles that may have less after it."""
    item = step.change.item
    if isinstance(item, Role):
        return {item.name}
    if isinstance(item, Membership):
        return {item.member}
    if isinstance(item, Grant):
        return {item.grantee}
    return {item.role} if isinstance(item, (Setting, Session)) else losers(step)


def services(step: Step, scope: Scope) -> set[str]:
    """The services that a change is about, by its database and its roles."""
    item = step.change.item
    databases = {step.database, getattr(item, "database", ""), item.name if isinstance(item, Database) else ""}
    if isinstance(item, Grant) and item.obj.kind == "DATABASE":
        databases.add(item.obj.name)
    roles = {*_lessened(step), *({item.role} if isinstance(item, Membership) else ())}
    rows = [row.service for row in map(scope.row_of, roles) if row is not None]
    return {*rows, *(service for service in map(scope.service_of, databases) if service)}
