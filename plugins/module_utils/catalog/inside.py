# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The inside of one database: its rows, which one session fetches, and the items of the snapshot that they mean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from .. import acl
from ..errors import SchemaFileError
from ..items import (
    BOOKKEEPING, DATABASE_OWNER, PUBLIC, RELATIONS, ROUTINES, DefaultGrant, Extension, Grant, Obj, Owner, SchemaFile, Table,
    Thing, may_lead_out)
from ..schema import records
from ..schema.files import Record
from . import database as queries
from . import objects as own_objects
from . import rare, row_security
from .objects import Found
from .raw import name_of, put, rows, spoken
from .row_security import ROW_SECURITY
from .session import Cursor
from .snapshot import Rows, Snapshot
from .things import COLUMNS, THINGS, VECTORS
from .words import WORDS

_INFORMATION_SCHEMA = "information_schema"
_FOR_NOBODY = ("sql_parts", "transforms")  # that initdb gives them to nobody guards nothing
_SYSTEM_SCHEMAS = ("pg_catalog", _INFORMATION_SCHEMA, "pg_toast")


def fetch(cursor: Cursor, snapshot: Snapshot, declared: int) -> Rows:
    """Ask one database. `snapshot` decides what there is to ask; `declared`: the oid of the role that shall own it all,
    0 for nobody."""
    own, small = queries.rare_objects(declared, snapshot.born), rare.filled(THINGS, born=snapshot.born)
    words = WORDS if any(snapshot.secrets.values()) else ()
    found = rare.there(cursor, (*own, *small, *VECTORS, COLUMNS, *ROW_SECURITY, *words))
    objects = rows(cursor, queries.objects(snapshot.major, (one for one in own if one in found)))
    extensions, things = rows(cursor, queries.EXTENSIONS), rare.read(cursor, small, found)
    leading_out = any(row[0] == "foreign server" for row in things) or any(may_lead_out(row[1]) for row in extensions)
    ours = snapshot.superuser and any(row[0] == "SCHEMA" and row[4] == BOOKKEEPING for row in objects)
    return Rows(rows(cursor, queries.PARTS), objects, rare.read(cursor, VECTORS, found),
                rare.read(cursor, [COLUMNS], found), rows(cursor, queries.DEFAULTS), extensions,
                rare.read(cursor, words, found), things, rows(cursor, queries.NEEDED) if leading_out else [],
                rare.read(cursor, ROW_SECURITY, found), _records(cursor) if ours else None)


def _records(cursor: Cursor) -> tuple[Record, ...] | str:
    try:
        return records.read(cursor)
    except SchemaFileError as error:  # something of somebody else's bears the name of our records
        return str(error)


def put_into(snapshot: Snapshot, database: str, raw: Rows, names: Mapping[int, str]) -> None:
    """Put what `database` holds into `snapshot`. `names`: all roles, by oid."""
    objects: dict[int, Obj] = {}
    members: dict[int, Found] = {}
    links: list[tuple[Obj, int]] = []
    parents: dict[int, int] = {}
    for found in own_objects.read(raw, database, snapshot, names):
        obj, kind = found.obj, found.obj.kind
        if kind in RELATIONS or kind == "SEQUENCE":
            objects[found.oid] = obj
        if kind == "SEQUENCE" and found.word:
            links.append((obj, int(found.word)))
        if found.builtin:
            if kind in RELATIONS and found.extension:
                members[found.oid] = found
            _changed_builtin(snapshot, found)
            continue
        put(snapshot, obj, found.owner, found.acl, found.word if kind in ("TYPE", "DOMAIN") else "")
        if obj.schema in _SYSTEM_SCHEMAS or found.word == "pg_catalog":
            snapshot.model.put(Thing(database, "system schema object", f"{kind.lower()} {obj.text}", found.owner))
            snapshot.beside.add(obj)
        if kind in RELATIONS and found.other:
            parents[found.oid] = int(found.other)
        if kind in ROUTINES or kind == "LANGUAGE":
            _code(snapshot, found)
    for obj, table in links:
        owner_item = snapshot.model.of(Owner).get((obj,))
        if table in objects and owner_item:
            snapshot.model.put(replace(owner_item, linked=f"{objects[table].schema}.{objects[table].name}"))
    _tables(raw, snapshot, objects, parents)
    _columns(raw, database, snapshot, objects, members)
    _further(raw, database, snapshot, names)
    row_security.put(raw.row_security, objects, snapshot, names)
    if raw.files is not None and (Obj(database, "SCHEMA", "", BOOKKEEPING),) in snapshot.model.of(Owner):
        _schema_files(raw.files, database, snapshot)


def _schema_files(found: tuple[Record, ...] | str, database: str, snapshot: Snapshot) -> None:
    if isinstance(found, str):
        snapshot.model.put(Thing(database, "impostor", BOOKKEEPING, found))
        return
    for record in found:
        state = record.state if record.done else f"{record.state}:{record.outcome or 'unknown'}"
        snapshot.model.put(SchemaFile(database, record.path, record.checksum, state))


def _changed_builtin(snapshot: Snapshot, found: Found) -> None:
    """Of the server's or an extension's own objects: another owner, grants that were added to the initial ones, and what
    PUBLIC has lost of PostgreSQL's own."""
    obj, owner, text = found.obj, found.owner, found.acl
    snapshot.builtins.add(obj)
    if found.estranged and obj.schema != "pg_toast":  # what is there belongs to a table's owner
        snapshot.model.put(Owner(obj, owner))
    if found.extension and (obj.kind in RELATIONS or obj.kind == "SEQUENCE"):
        snapshot.within[obj] = found.extension
    if text is not None:
        initial, present = _initial(found, snapshot.major), acl.grants(obj, text, owner, snapshot.major)
        _added(snapshot, found, initial, present)
        lost = set() if found.extension else _of_public(initial) - _of_public(present)
        if lost:
            snapshot.taken[obj] = {name: frozenset(grant.grantee for grant in present if name in grant.privileges)
                                   for name in sorted(lost)}


def _initial(found: Found, major: int) -> list[Grant]:
    """What initdb or an extension's script gave. pg_init_privs knows nothing of what PUBLIC has in information_schema."""
    obj, kind = found.obj, found.obj.kind
    given = acl.grants(obj, found.initial, found.owner, major)
    if found.initial is None and not found.extension and not obj.name.startswith("_pg_"):
        if (kind, obj.name) == ("SCHEMA", _INFORMATION_SCHEMA):
            given.append(Grant(obj, "", PUBLIC, found.owner, ("USAGE",)))
        elif kind in RELATIONS and obj.schema == _INFORMATION_SCHEMA and obj.name not in _FOR_NOBODY:
            given.append(Grant(obj, "", PUBLIC, found.owner, ("SELECT",)))
    return given


def _of_public(grants: Iterable[Grant]) -> set[str]:
    return {name for grant in grants if grant.grantee == PUBLIC for name in grant.privileges}


def _added(snapshot: Snapshot, found: Found, initial: Iterable[Grant], present: Iterable[Grant]) -> None:
    """The grants that somebody added to the `initial` ones. What a member of an extension gave at first to a role of this
    server's own, no extension's script has given: somebody has put the member there, grants included."""
    obj, superusers = found.obj, snapshot.superusers
    first = {grant.grantee: grant for grant in initial}
    known = {name: _trusted(grant) for name, grant in first.items() if not found.extension
             or name in (PUBLIC, found.owner) or name in superusers or name in snapshot.predefined - {DATABASE_OWNER}}
    for grant in present:
        if grant.grantee in superusers or grant.grantee == found.owner or (
                grant.grantee == PUBLIC and grant.privileges == ("SELECT",) and obj.schema == _INFORMATION_SCHEMA
                and obj.name in _FOR_NOBODY):
            continue
        had = known.get(grant.grantee)
        # what PUBLIC has anyway adds nothing to anybody
        added = set(grant.privileges) - set(had.privileges if had else ()) - set(
            known[PUBLIC].privileges if PUBLIC in known else ())
        if added or set(grant.grantable) - set(had.grantable if had else ()):
            snapshot.model.put(replace(grant, privileges=tuple(sorted(added)) or grant.grantable))
            if found.extension:
                _brought(snapshot, found, grant, grant.grantee in first)


def _trusted(grant: Grant) -> Grant:
    """A grant of an extension's script. None lets everybody make things in its schema."""
    if grant.obj.kind != "SCHEMA" or grant.grantee != PUBLIC:
        return grant
    return replace(grant, privileges=tuple(name for name in grant.privileges if name != "CREATE"))


def _brought(snapshot: Snapshot, found: Found, grant: Grant, first: bool) -> None:
    """Note a grant that the row's own roles may go on holding as on an object of the service: what was put into an
    extension works for them as before. `first`: given before that. A superuser's views show what only superusers may see.
    """
    kind, theirs = found.obj.kind, found.owner not in snapshot.superusers
    if kind in ROUTINES and first:
        snapshot.brought[grant.key] = "definer" if found.word.startswith("definer") else "untrusted" if found.other else ""
    elif theirs and (kind in RELATIONS or kind == "SEQUENCE") or (
            first and kind in ("TABLE", "SEQUENCE", "SCHEMA", "TYPE", "DOMAIN")):
        snapshot.brought[grant.key] = ""


def _code(snapshot: Snapshot, found: Found) -> None:
    """Functions that run as someone else, or outside of what SQL can forbid."""
    obj, owner, word = found.obj, found.owner, found.word
    if obj.kind == "LANGUAGE":
        snapshot.model.put(Thing(obj.database, "untrusted language" if word else "handmade language", obj.name, owner))
        return
    if word == "definer read":
        snapshot.read_through.add(obj)
    if word == "event":
        snapshot.event_functions.add(obj)
    elif word:
        snapshot.model.put(Thing(obj.database, "definer function", obj.text, owner))
    if found.other:
        snapshot.model.put(Thing(obj.database, "untrusted function", obj.text, f"{found.other}, {owner}"))


def _tables(raw: Rows, snapshot: Snapshot, objects: Mapping[int, Obj], parents: Mapping[int, int]) -> None:
    vectors: dict[int, list[str]] = defaultdict(list)
    for oid, column in raw.vectors:
        vectors[oid].append(column)
    for oid, obj in objects.items():
        if obj.kind in RELATIONS and obj not in snapshot.builtins and (obj,) in snapshot.model.of(Owner):
            parent = objects.get(parents.get(oid, 0))
            snapshot.model.put(Table(obj.database, obj.schema, obj.name, obj.kind, tuple(sorted(vectors[oid])),
                                     f"{parent.schema}.{parent.name}" if parent else ""))


def _columns(raw: Rows, database: str, snapshot: Snapshot, objects: Mapping[int, Obj], members: Mapping[int, Found]) -> None:
    for oid, column, text, schema, name, initial in raw.columns:
        obj = objects.get(oid)
        if oid in members:
            own = members[oid].obj
            _added(snapshot, members[oid], acl.grants(own, initial, "", snapshot.major, column),
                   acl.grants(own, text, "", snapshot.major, column))
            continue
        if obj is None:  # a table of PostgreSQL's own
            obj = Obj(database, "TABLE", schema, name)
            snapshot.builtins.add(obj)
        for grant in acl.grants(obj, text, "", snapshot.major, column):
            snapshot.model.put(grant)


def _further(raw: Rows, database: str, snapshot: Snapshot, names: Mapping[int, str]) -> None:
    schemas = own_objects.schemas(raw)
    for creator, schema, kind, text in raw.defaults:
        for grantee, _grantor, privileges, grantable in acl.parse(text):
            snapshot.model.put(DefaultGrant(database, name_of(names, creator), schemas.get(schema, ""), kind, grantee,
                                            privileges, grantable))
    for _oid, name, _owner in raw.extensions:
        snapshot.model.put(Extension(database, name))
    spoken(raw.words, database, snapshot)
    for kind, name, detail, definition in raw.things:
        snapshot.model.put(Thing(database, kind, name, detail))
        if definition:
            snapshot.definitions[(database, kind, name)] = [definition]
    snapshot.needed |= {(database, kind, name) for kind, name in raw.needed}
