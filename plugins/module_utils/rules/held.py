# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Remedies that a human must carry out here, though they are safe elsewhere: by them a rightful role would see other rows,
or a function that nobody has read yet would fail.

Only what stays within one service is held. What another service, or a stranger who can log in, holds ends all the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from .. import acl
from ..catalog.snapshot import RowSecurity
from ..expand.scope import Place
from ..items import PUBLIC, RELATIONS, ROUTINES, Grant, Membership, Obj, Owner, Role, Thing
from ..matrix.types import ACTIVE
from ..model import Change, Model
from ..ties import Ties
from . import grant
from .base import Violation, World

_POWERS = ("superuser", "createdb", "createrole", "replication", "bypassrls")
_HELD_GRANTS = (*RELATIONS, *ROUTINES, "SEQUENCE", "SCHEMA", "TYPE", "DOMAIN", "LARGE OBJECT")


def judge(violations: list[Violation], world: World) -> list[Violation]:
    """The same violations, those that must be held without their changes, and what the owner needs until they are ended."""
    places = _places(world)
    if not places:
        return violations
    homes: dict[str, list[_Place]] = defaultdict(list)
    for place in places.values():
        for role in place.rightful:
            homes[role].append(place)
    found: list[Violation] = []
    rest: list[Violation] = []
    for violation in violations:
        here = places.get(violation.database or "")
        moves = [change.before for change in violation.changes if isinstance(change.before, Owner)]
        if here is None or not moves:
            rest.append(violation)
        else:
            here.moves.append((violation, moves))
    for place in places.values():
        found += place.decide()
    for violation in rest:
        here = places.get(violation.database or "")
        for place in [here] if here else homes.get(violation.role or "", ()):
            violation = place.further(violation)
        found.append(violation)
    return found


def _places(world: World) -> dict[str, _Place]:
    """The databases where there is anything to hold."""
    functions: dict[str, dict[str, str]] = defaultdict(dict)  # by database and role, one that runs as the role
    for thing in world.now.of(Thing).values():
        if thing.kind == "definer function" and thing.detail not in world.snapshot.superusers:
            known = functions[thing.database].get(thing.detail, thing.name)
            functions[thing.database][thing.detail] = min(known, thing.name)
    tables: dict[str, dict[Obj, RowSecurity]] = defaultdict(dict)
    for obj, rules in world.snapshot.row_security.items():
        tables[obj.database][obj] = rules
    for name, roles in functions.items():
        place = world.place(name)
        roles.pop(place.owner if place else "", None)
    found = {name: place for name, place in world.scope.places.items()
             if place.kind == ACTIVE and (functions.get(name) or name in tables)}
    if not found:
        return {}
    now, later = Ties(world.now), Ties(world.want)
    return {name: _Place(place, world, functions.get(name, {}), tables.get(name, {}), (now, later))
            for name, place in found.items()}


class _Place:
    """One database, and what would change in it. `functions`: one that runs as its owner, by that owner, a stranger;
    `tables`: those with row security; `ties`: memberships as they are, and as they shall be."""

    def __init__(self, place: Place, world: World, functions: Mapping[str, str], tables: Mapping[Obj, RowSecurity],
                 ties: tuple[Ties, Ties]) -> None:
        self.place, self.world, self.tables = place, world, tables
        self.now, self.later = ties
        self.rightful = (place.owner, *place.logins, *place.readers)
        self.views = world.snapshot.row_readers
        # roles whose code works in here with what they have (functions that nobody has read, views), and why they keep it
        self.working = {role: self._function(role, name) for role, name in functions.items() if self._within(role)}
        self.owners: dict[Obj, str] = {}  # of the tables, as soon as those that may move have
        self.kept: dict[str, str] = {}  # roles that keep objects of theirs, and why
        self.moves: list[tuple[Violation, list[Owner]]] = []

    def decide(self) -> Iterator[Violation]:
        """The violations of `moves`, those that must be held without their changes, and what the owner needs beside them."""
        items = [item for _violation, moves in self.moves for item in moves]
        # which tables move decides what views show then, and both decide which schemas and memberships are needed
        items.sort(key=lambda item: (item.obj not in self.tables, item.obj not in self.views, item.obj))
        for item, why in self._staying(items):
            if item.obj in self.views and item.owner not in self.world.snapshot.superusers:
                self.working.setdefault(item.owner, why)
        staying = dict(self._staying(items))
        for violation, moves in self.moves:
            yield _hold(violation, next(filter(None, (staying.get(item) for item in moves)), ""))
        for item in staying:
            yield from self._needs(item)

    def _staying(self, moves: Iterable[Owner]) -> list[tuple[Owner, str]]:
        """What must not move now, and why."""
        self.owners, self.kept = {obj: _owner(self.world.now, obj) for obj in self.tables}, {}
        found = []
        for item in moves:
            why = self._why_owner(item)
            if why:
                found.append((item, why))
                if item.owner not in self.world.snapshot.superusers:
                    self.kept.setdefault(item.owner, why)
            elif item.obj in self.owners:
                self.owners[item.obj] = self.place.owner
        return found

    # ---- changes of owner

    def _why_owner(self, item: Owner) -> str:
        """Why it must not move now; empty if it may."""
        obj, owner = item.obj, item.owner
        if obj in self.world.snapshot.builtins or not (owner in self.world.snapshot.superusers or self._within(owner)):
            return ""
        if owner in self.working:
            return self.working[owner]
        rules = self.tables.get(obj)
        if rules is not None and not rules.forced and any(
                self._passes(role, obj, owner) != self._passes(role, obj, self.place.owner)
                for role in self.rightful if self._works_on(role, obj)):
            return _row_security(obj)
        for table in sorted(self.views.get(obj, ())):
            if self._sees(owner, table) != self._sees_later(self.place.owner, table):
                return _row_security(table)
        return self.kept.get(owner, "") if obj.kind == "SCHEMA" else ""

    def _works_on(self, role: str, table: Obj) -> bool:
        """Whether it can do anything with the table today; who cannot sees no other rows afterwards."""
        return any(held.grantee == PUBLIC or held.grantee in self.now.inherited(role)
                   for held in self.world.now.near(Grant, table))

    def _passes(self, role: str, table: Obj, owner: str) -> bool:
        """Whether the table's policies do not apply to `role`, if it belongs to `owner`."""
        known = self.world.now.get(Role, role)
        if known is not None and (known.superuser or known.bypassrls):
            return True
        return not self.tables[table].forced and owner in self.now.inherited(role)

    def _sees(self, role: str, table: Obj) -> frozenset[str] | None:
        """Whose policies apply to `role`; None where none does."""
        if self._passes(role, table, _owner(self.world.now, table)):
            return None
        return self.tables[table].roles & self.now.inherited(role)

    def _sees_later(self, role: str, table: Obj) -> frozenset[str] | None:
        """The same, as soon as the tables that may move have, and without attributes that the matrix does not give."""
        if self._by_attribute(role) or not self.tables[table].forced and self.owners[table] in self.now.inherited(role):
            return None
        return self.tables[table].roles & self.now.inherited(role)

    def _by_attribute(self, role: str) -> bool:
        """Whether it passes row security by an attribute that it may keep."""
        known = self.world.want.get(Role, role) if role in self.world.scope.roles else self.world.now.get(Role, role)
        return known is not None and (known.superuser or known.bypassrls)

    # ---- what else would take something

    def further(self, violation: Violation) -> Violation:
        """Any other violation, without its changes if it must be held."""
        ties = [change.before for change in violation.changes if isinstance(change.before, Membership) and not change.after]
        if ties and ties[0].member in self.rightful and self._is_own(ties[0].role):
            why = self._why_member(ties[0])
            options = tuple(Change(tie, replace(tie, admin=False)) for tie in ties if tie.admin)
            # who stays in must not let others in
            return replace(violation, changes=options) if why and options else _hold(violation, why)
        for change in violation.changes:
            item = change.before
            if isinstance(item, Role) and item.name in self.rightful and change.patch() == {"bypassrls": False}:
                tables = [table for table in sorted(self.tables) if self._sees_later(item.name, table) is not None]
                return _hold(violation, _row_security(tables[0]) if tables else "")
            left = change.after.privileges if isinstance(change.after, Grant) else ()
            if isinstance(item, Grant) and self._may_hold(item) and set(item.privileges) - set(left):
                schemas = self.kept if item.obj.kind == "SCHEMA" else {}
                return _hold(violation, self.working.get(item.grantee) or schemas.get(item.grantee, ""))
        return violation

    def _why_member(self, item: Membership) -> str:
        """Why a rightful role must stay a member of a group of its own service; empty if it need not."""
        if item.role in self.kept and item.member == self.place.owner:  # which changes and drops them by this
            return self.kept[item.role]
        for table, rules in sorted(self.tables.items()):
            before = self._sees(item.member, table)
            if before is None and self._by_attribute(item.member):
                continue
            owners = frozenset(() if rules.forced else (_owner(self.world.now, table), self.owners[table]))
            if self.later.inherited(item.member) & owners and before is None:
                continue
            lost = (self.now.inherited(item.member) - self.later.inherited(item.member)) & (owners | rules.roles)
            if lost & self.now.inherited(item.role):
                return _row_security(table)
        return ""

    def _may_hold(self, item: Grant) -> bool:
        """Whether the grant opens nothing but rows and names of this database."""
        obj, world = item.obj, self.world
        if obj.database != self.place.name or obj.kind not in _HELD_GRANTS or obj in world.snapshot.builtins:
            return False
        return obj.kind not in ROUTINES or not any(
            world.now.get(Thing, obj.database, kind, obj.text) for kind in ("definer function", "untrusted function"))

    def _needs(self, item: Owner) -> Iterator[Violation]:
        """What the declared owner lacks on an object that stays another's for now, and on its sequences."""
        world, role = self.world, self.place.owner
        for obj in (item.obj, *(owner.obj for owner in world.now.near(
                Owner, (item.obj.database, f"{item.obj.schema}.{item.obj.name}")))):
            full = set(acl.owners_privileges(obj.kind, world.snapshot.major))
            present = [held for held in world.now.near(Grant, obj) if held.grantee == role and not held.column]
            missing = full.difference(*(held.privileges for held in present))
            if missing:
                yield grant.lacks(world.now.get(Grant, obj, "", role, item.owner), obj, role, item.owner, missing, world)

    # ---- whose it is

    def _function(self, role: str, name: str) -> str:
        return (f"Function {name} runs as {role} and works with it: read the function first, give it to "
                f"{self.place.owner}, and run again.")

    def _within(self, role: str) -> bool:
        """Whether nobody from outside of this service can log in as `role` or become it."""
        if role in (*self.place.logins, *self.place.readers):
            return True
        known = self.world.now.get(Role, role)
        if known is None or known.login or role in self.world.scope.roles or role.startswith("pg_"):
            return False
        for member in self.now.members(role):
            identity, held = self.world.scope.roles.get(member), self.world.now.get(Role, member)
            if member in self.rightful or member in self.world.snapshot.superusers:
                continue
            if identity is not None or held is None or held.login or member.startswith("pg_"):
                return False
        return True

    def _is_own(self, role: str) -> bool:
        """Whether it is this service's own owner, or a group that no row knows and that reaches nothing beyond."""
        for name in self.later.reached(role):
            known = self.world.now.get(Role, name)
            if name not in self.rightful and (
                    name in self.world.scope.roles or name.startswith("pg_") or known is None
                    or any(getattr(known, power) for power in _POWERS)):
                return False
        return role == self.place.owner or role not in self.rightful


def _owner(model: Model, obj: Obj) -> str:
    held = model.get(Owner, obj)
    return held.owner if held is not None else ""


def _row_security(table: Obj) -> str:
    return (f"Row security of table {table.text} decides by this who sees which rows; a human changes it together with the "
            "policies.")


def _hold(violation: Violation, why: str) -> Violation:
    """Without changes it is a human's."""
    return replace(violation, message=f"{violation.message} {why}", changes=()) if why else violation
