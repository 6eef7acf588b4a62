# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the matrix wants of the inside of a database: owners, grants, default privileges, extensions, tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from .. import acl
from ..catalog.snapshot import Holdings, Snapshot
from ..items import (
    BOOKKEEPING, DATABASE_OWNER, PUBLIC, RELATIONS, ROUTINES, Database, DefaultGrant, Extension, Grant, Obj, Owner,
    SchemaFile, Table, Thing)
from ..matrix.types import ACTIVE, RETIRED
from ..model import Model
from ..ties import Ties
from . import grants as holders
from .scope import MAINTAINED, Place, Scope
from .today import Today

_SUPERUSERS_ONLY = ("FOREIGN DATA WRAPPER", "LANGUAGE")  # kinds that PostgreSQL lets nobody else own


class Inside:
    """The present inside of one database, by object."""

    def __init__(self, place: Place, scope: Scope, snapshot: Snapshot, now: Model, owners: Iterable[Owner],
                 grants: Iterable[Grant]) -> None:
        self.place, self.scope, self.snapshot, self.now = place, scope, snapshot, now
        own = [owner.obj for owner in owners if owner.obj not in snapshot.builtins and not _is_bookkeeping(owner.obj)]
        self.schemas = {obj.name for obj in own if obj.kind == "SCHEMA"}
        self.with_relations = {"public", *(obj.schema for obj in own if obj.kind in RELATIONS)}
        self.grants: dict[Obj, list[Grant]] = {}
        for grant in grants:
            self.grants.setdefault(grant.obj, []).append(grant)
        self.routines: dict[str, str] = {}
        for thing in now.near(Thing, place.name):
            if thing.kind in ("definer function", "untrusted function"):
                self.routines[thing.name] = thing.kind.split()[0]

    def kind_of(self, obj: Obj) -> str:
        """definer or untrusted, for a routine that is."""
        return self.routines.get(obj.text, "") if obj.kind in ROUTINES else ""


def expand(place: Place, scope: Scope, snapshot: Snapshot, now: Model, want: Model, owners: Sequence[Owner],
           grants: Iterable[Grant], ties: Ties) -> None:
    """Put the desired inside of `place` into `want`; `owners` and `grants` are the present ones of this database, `ties`
    the memberships."""
    inside = Inside(place, scope, snapshot, now, owners, grants)
    if place.kind == ACTIVE and place.name not in snapshot.today:
        snapshot.today[place.name] = _today(inside, owners, Today(place, scope, snapshot, now, ties))
    held = snapshot.today.get(place.name, {})
    seen, present = set(), {owner.obj: owner.owner for owner in owners}
    for owner in owners:
        want.put(replace(owner, owner=_owner(owner, inside)))
        if owner.obj not in snapshot.builtins:
            seen.add(owner.obj)
            _grants(owner, inside, want)
            for (role, column), privileges in held.get(owner.obj, {}).items():
                if role != owner.owner:
                    _require(want, Grant(owner.obj, column, role, owner.owner, tuple(sorted(privileges))))
    for obj in inside.grants.keys() - seen:
        for grant in inside.grants[obj]:
            _keep(grant, inside, want, present.get(obj, scope.bootstrap) if obj in snapshot.within else scope.bootstrap)
    _defaults(inside, want)
    _presence(inside, want)
    _tables(inside, want)


def _today(inside: Inside, owners: Iterable[Owner], today: Today) -> dict[Obj, Holdings]:
    """What the row's roles are to hold by name because they can do it now; most objects have nothing of it."""
    snapshot, found = inside.snapshot, {}
    for owner in owners:
        obj = owner.obj
        if obj not in snapshot.builtins and obj not in snapshot.beside:
            through = obj in snapshot.read_through and owner.owner == inside.place.owner
            stays = obj.kind in ROUTINES and _owner(owner, inside) != inside.place.owner
            by_name = today.holds(owner, inside.kind_of(obj), through, stays, inside.grants.get(obj, ()))
            if by_name:
                found[obj] = by_name
    return found


def _owner(owner: Owner, inside: Inside) -> str:
    """Who is to own it."""
    place, superusers = inside.place, inside.snapshot.superusers
    obj, present = owner.obj, owner.owner
    if obj in inside.snapshot.beside:
        return present  # every session finds it first: for a human to read
    if obj.kind == "PUBLICATION":
        return _publisher(owner, inside)
    if obj in inside.snapshot.within and present not in superusers:
        return present if place.kind == MAINTAINED or owner.linked else place.owner  # that it hides there, a rule tells
    if obj in inside.snapshot.builtins or obj.kind in _SUPERUSERS_ONLY:
        return present if present in superusers else inside.scope.bootstrap
    if present in superusers and (_is_bookkeeping(obj) or obj in inside.snapshot.event_functions):
        return present
    if place.kind == MAINTAINED or owner.linked or obj.kind == "SERVER":
        return present  # its presence is the question (rules), or it follows its table
    if obj.kind == "SCHEMA" and obj.name == "public" and present == DATABASE_OWNER:
        return present
    if obj.kind in ROUTINES and (inside.kind_of(obj) or present not in superusers):
        return present  # somebody else's code would run with the new owner's rights: for a human to read
    return place.owner


def _publisher(owner: Owner, inside: Inside) -> str:
    """Who is to own a publication: one that no row names is a question of its own."""
    place, present = inside.place, owner.owner
    declared = place.row is not None and owner.obj.name in place.row.publications
    if not declared or present in inside.snapshot.superusers:
        return present
    thing = inside.now.get(Thing, place.name, "publication", owner.obj.name)
    # only a superuser can own one of all tables
    return inside.scope.bootstrap if thing is not None and thing.detail else place.owner


def _is_bookkeeping(obj: Obj) -> bool:
    """Whether it is the schema in which applied schema files are recorded, or lies in it."""
    return BOOKKEEPING in (obj.schema, obj.name if obj.kind == "SCHEMA" else "")


def _grants(owner: Owner, inside: Inside, want: Model) -> None:
    obj, present, place = owner.obj, owner.owner, inside.place
    found = inside.grants.get(obj, [])
    kind = inside.kind_of(obj)
    for grant in found:
        _keep(grant, inside, want, present)
    if obj in inside.snapshot.beside:
        return
    rightful = present in (place.owner, DATABASE_OWNER)
    if rightful and place.kind != MAINTAINED:
        full = acl.owners_privileges(obj.kind, inside.snapshot.major)
        _require(want, Grant(obj, "", present, present, full))
        if present == DATABASE_OWNER and place.kind == ACTIVE and _is_shut(obj, inside):
            _require(want, Grant(obj, "", place.owner, present, ("USAGE",)))
    if obj.kind == "SCHEMA" and obj.name not in inside.with_relations and not place.logins:
        return  # nothing for a reader in it
    for grantee, privileges in holders.required(place, obj, kind == "definer" and present == place.owner,
                                                obj in inside.snapshot.read_through).items():
        _require(want, Grant(obj, "", grantee, present, tuple(sorted(privileges))))


def _is_shut(schema: Obj, inside: Inside) -> bool:
    """Whether the declared owner cannot enter it as one of all or as the database's owner, which it becomes after its tables
    are its own; but from then on their foreign keys are checked as their owner."""
    database = inside.now.get(Database, inside.place.name)
    everybody = any(grant.grantee == PUBLIC and "USAGE" in grant.privileges for grant in inside.grants.get(schema, ()))
    return not everybody and database is not None and inside.place.owner not in (database.owner, *inside.snapshot.superusers)


def _require(want: Model, grant: Grant) -> None:
    """Add to what is wanted already for the same grantee."""
    held = want.of(Grant).get(grant.key)
    if held is not None:
        grant = replace(grant, privileges=tuple(sorted({*held.privileges, *grant.privileges})), grantable=held.grantable)
    if grant.privileges:
        want.put(grant)


def _keep(grant: Grant, inside: Inside, want: Model, owner: str) -> None:
    """Take over what of a present grant may stay."""
    place, obj = inside.place, grant.obj
    superusers, brought = inside.snapshot.superusers, inside.snapshot.brought.get(grant.key)
    if _is_bookkeeping(obj) and grant.grantee not in superusers and grant.grantee != owner:
        return  # whoever writes there decides which schema files run
    kind = inside.kind_of(obj) if brought is None else brought
    builtin = obj in inside.snapshot.builtins and brought is None
    if grant.grantee in superusers or grant.grantee == owner or (
            grant.grantee == DATABASE_OWNER and place.kind != MAINTAINED and not builtin):
        want.put(grant)
        return
    if grant.grantee == place.owner and place.kind != MAINTAINED and not builtin:
        want.put(grant)  # the rightful owner, on what is about to be its own
        return
    if grant.grantee == PUBLIC and (kind == "untrusted" or (kind == "definer" and owner != place.owner)):
        want.put(grant)  # the function itself is reported; who needs it, a human knows
        return
    identity = inside.scope.roles.get(grant.grantee)
    rights = identity.rights if identity else None
    if builtin:
        may = holders.named(place, obj, rights) if rights is not None else frozenset()
    else:
        through = obj in inside.snapshot.read_through and owner == place.owner
        may = holders.allowed(place, obj, grant.grantee, "" if through and grant.grantee != PUBLIC else kind, rights)
    privileges = set(grant.privileges) & may
    if privileges and (grant.grantor == owner or brought is not None):
        _require(want, replace(grant, privileges=tuple(sorted(privileges)), grantable=()))
    elif privileges and rights is not None:
        # a system role's right from somebody else's grant option, which ends: what it needs it gets from the owner
        _require(want, replace(grant, grantor=owner, privileges=tuple(sorted(privileges)), grantable=()))


def _defaults(inside: Inside, want: Model) -> None:
    place, now = inside.place, inside.now
    present = now.near(DefaultGrant, place.name)
    for grant in present:
        if grant.grantee == grant.creator or grant.grantee in inside.snapshot.superusers or grant.grantee == place.owner:
            want.put(grant)
            continue
        privileges = set(grant.privileges) & holders.default_allowed(place, grant.kind, grant.grantee)
        if privileges:
            want.put(replace(grant, privileges=tuple(sorted(privileges)), grantable=()))
    if place.kind != ACTIVE:
        return
    schemas = inside.schemas or {"public"}
    for grantee in (*place.readers, *place.logins):
        wanted: dict[str, frozenset[str]] = {"TABLES": frozenset({"SELECT"})} if grantee in place.readers else {
            "TABLES": holders.login_writes(place), "SEQUENCES": frozenset({"SELECT", "UPDATE", "USAGE"})}
        for kind, needed in wanted.items():
            _require_default(place, kind, grantee, needed, schemas, present, want)


def _require_default(place: Place, kind: str, grantee: str, privileges: frozenset[str], schemas: set[str],
                     present: Iterable[DefaultGrant], want: Model) -> None:
    """For all schemas, unless each schema has it for itself."""
    held = {grant.schema: set(grant.privileges) for grant in present
            if grant.creator == place.owner and grant.kind == kind and grant.grantee == grantee}
    if privileges <= held.get("", set()) or all(privileges <= held.get(schema, set()) for schema in schemas):
        return
    kept = want.get(DefaultGrant, place.name, place.owner, "", kind, grantee)
    both = {*privileges, *(kept.privileges if kept else ())}
    want.put(DefaultGrant(place.name, place.owner, "", kind, grantee, tuple(sorted(both))))


def _presence(inside: Inside, want: Model) -> None:
    place, now, row = inside.place, inside.now, inside.place.row
    declared = set(row.extensions) if row and place.kind == ACTIVE else set()
    if place.name == "postgres":
        declared = set(inside.scope.spec.extensions)
    for name in sorted(declared - {"plpgsql"}):
        fixed = (inside.snapshot.available or {}).get(name, False)
        want.put(now.get(Extension, place.name, name) or Extension(place.name, name, "" if fixed else "public"))
    for extension in now.near(Extension, place.name):
        if extension.name == "plpgsql" or place.kind == RETIRED:
            want.put(extension)
    for thing in now.near(Thing, place.name):
        if thing.kind == "publication" and row is not None and thing.name in row.publications or (
                thing.kind == "definer function" and _definer_may_stay(thing, inside)):
            want.put(thing)


def _definer_may_stay(thing: Thing, inside: Inside) -> bool:
    """Whether it is the row's owner's, or a superuser's that only such system roles may call as are declared to: a pooler
    that looks up verifiers, or whose `grants` name it."""
    place, superusers = inside.place, inside.snapshot.superusers
    if thing.detail == place.owner and place.kind != MAINTAINED:
        return True
    if thing.detail not in superusers:
        return False
    objects = [obj for obj in inside.grants if obj.kind in ROUTINES and obj.text == thing.name]
    systems = inside.scope.system_rights()
    callers = {(obj, grant.grantee) for obj in objects for grant in inside.grants[obj] if grant.grantee not in superusers}
    named = any(holders.named(place, obj, rights) for obj in objects for rights in systems.values())
    return (named or bool(callers)) and all(
        role in systems and (systems[role].look_up or holders.named(place, obj, systems[role])) for obj, role in callers)


def _tables(inside: Inside, want: Model) -> None:
    place, now, row = inside.place, inside.now, inside.place.row
    present = {table.key: table for table in now.near(Table, place.name)}
    declared = {(place.name, "public", name) for name in row.tables} if row else set()
    for key, table in present.items():
        if place.kind != ACTIVE or row is None or table.schema == BOOKKEEPING or key in declared \
                or table.kind not in ("TABLE", "FOREIGN TABLE") or _is_part_of_declared(table, present, declared):
            want.put(table if row is None or row.vectors or place.kind != ACTIVE else replace(table, vectors=()))
    if place.kind == ACTIVE:
        for database, schema, name in declared - present.keys():
            want.put(Table(str(database), str(schema), str(name), "TABLE"))
    for file in now.near(SchemaFile, place.name):
        want.put(file)  # the rules on schema files judge them


def _is_part_of_declared(table: Table, present: Mapping[tuple[object, ...], Table], declared: set[tuple[str, str, str]]
                         ) -> bool:
    """Whether it is a partition, at any depth, of a declared table."""
    schema, _dot, name = table.parent.partition(".")
    seen = set()
    while name and (table.database, schema, name) not in seen:
        seen.add((table.database, schema, name))
        if (table.database, schema, name) in declared:
            return True
        parent = present.get((table.database, schema, name))
        schema, _dot, name = parent.parent.partition(".") if parent else ("", "", "")
    return False
