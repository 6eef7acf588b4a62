# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The inside of one database as items of the snapshot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from .. import acl
from ..errors import SchemaFileError
from ..items import (
    BOOKKEEPING, PUBLIC, RELATIONS, ROUTINES, DefaultGrant, Extension, Obj, Owner, SchemaFile, Table, Thing, may_lead_out)
from ..schema import records
from . import database as queries
from .objects import Found
from .objects import read as own_objects
from .raw import name_of, put, rows, spoken
from .session import Cursor
from .snapshot import Snapshot

# what initdb gives to everybody though pg_init_privs does not list it
_INFORMATION_SCHEMA = "information_schema"
_SYSTEM_SCHEMAS = ("pg_catalog", _INFORMATION_SCHEMA, "pg_toast")


def read(cursor: Cursor, database: str, snapshot: Snapshot, names: Mapping[int, str], owner: str) -> None:
    """Put what `database`, which is to belong to `owner`, holds into `snapshot`."""
    # whatever lies in template1 counts, whoever owns it
    declared = 0 if database == "template1" else next((oid for oid, name in names.items() if name == owner), 0)
    objects: dict[int, Obj] = {}
    links: list[tuple[Obj, int]] = []
    parents: dict[int, int] = {}
    for found in own_objects(cursor, database, snapshot, names, declared):
        obj, kind = found.obj, found.obj.kind
        if kind in RELATIONS or kind == "SEQUENCE":
            objects[found.oid] = obj
        if found.builtin:
            _changed_builtin(snapshot, found)
            continue
        put(snapshot, obj, found.owner, found.acl, found.word if kind in ("TYPE", "DOMAIN") else "")
        if obj.schema in _SYSTEM_SCHEMAS or found.word == "pg_catalog":
            snapshot.model.put(Thing(database, "system schema object", f"{kind.lower()} {obj.text}", found.owner))
            snapshot.beside.add(obj)
        if kind == "SEQUENCE" and found.word:
            links.append((obj, int(found.word)))
        if kind in RELATIONS and found.other:
            parents[found.oid] = int(found.other)
        if kind in ROUTINES or kind == "LANGUAGE":
            _code(snapshot, found)
    for obj, table in links:
        owner_item = snapshot.model.of(Owner)[(obj,)]
        if table in objects:
            snapshot.model.put(replace(owner_item, linked=f"{objects[table].schema}.{objects[table].name}"))
    _tables(cursor, snapshot, objects, parents)
    _columns(cursor, database, snapshot, objects)
    _further(cursor, database, snapshot, names)
    if snapshot.superuser and (Obj(database, "SCHEMA", "", BOOKKEEPING),) in snapshot.model.of(Owner):
        _schema_files(cursor, database, snapshot)


def _schema_files(cursor: Cursor, database: str, snapshot: Snapshot) -> None:
    try:
        found = records.read(cursor)
    except SchemaFileError as error:  # something of somebody else's bears the name of our records
        snapshot.model.put(Thing(database, "impostor", BOOKKEEPING, str(error)))
        return
    for record in found:
        state = record.state if record.done else f"{record.state}:{record.outcome or 'unknown'}"
        snapshot.model.put(SchemaFile(database, record.path, record.checksum, state))


def _changed_builtin(snapshot: Snapshot, found: Found) -> None:
    """Of the server's or an extension's own objects: another owner, and grants that were added to the initial ones.
    What was taken away harms no neighbour."""
    obj, owner, text = found.obj, found.owner, found.acl
    snapshot.builtins.add(obj)
    if owner not in snapshot.superusers and obj.schema != "pg_toast":  # what is there belongs to a table's owner
        snapshot.model.put(Owner(obj, owner))
    if text is None:
        return
    known = {grant.grantee: grant for grant in acl.grants(obj, found.initial, owner, snapshot.major)}
    for grant in acl.grants(obj, text, owner, snapshot.major):
        if grant.grantee in snapshot.superusers or grant.grantee == owner or (
                grant.grantee == PUBLIC and set(grant.privileges) <= {"SELECT", "USAGE"}
                and _INFORMATION_SCHEMA in (obj.schema, obj.name)):
            continue
        had = known.get(grant.grantee)
        # what PUBLIC has anyway adds nothing to anybody
        added = set(grant.privileges) - set(had.privileges if had else ()) - set(
            known[PUBLIC].privileges if PUBLIC in known else ())
        if added or set(grant.grantable) - set(had.grantable if had else ()):
            snapshot.model.put(replace(grant, privileges=tuple(sorted(added)) or grant.grantable))


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


def _tables(cursor: Cursor, snapshot: Snapshot, objects: Mapping[int, Obj], parents: Mapping[int, int]) -> None:
    vectors: dict[int, list[str]] = defaultdict(list)
    for oid, column in rows(cursor, queries.VECTORS):
        vectors[oid].append(column)
    for oid, obj in objects.items():
        if obj.kind in RELATIONS and obj not in snapshot.builtins and (obj,) in snapshot.model.of(Owner):
            parent = objects.get(parents.get(oid, 0))
            snapshot.model.put(Table(obj.database, obj.schema, obj.name, obj.kind, tuple(sorted(vectors[oid])),
                                     f"{parent.schema}.{parent.name}" if parent else ""))


def _columns(cursor: Cursor, database: str, snapshot: Snapshot, objects: Mapping[int, Obj]) -> None:
    for oid, column, text, schema, name in rows(cursor, queries.COLUMNS):
        obj = objects.get(oid)
        if obj is None:  # a table of PostgreSQL's own
            obj = Obj(database, "TABLE", schema, name)
            snapshot.builtins.add(obj)
        for grant in acl.grants(obj, text, "", snapshot.major, column):
            snapshot.model.put(grant)


def _further(cursor: Cursor, database: str, snapshot: Snapshot, names: Mapping[int, str]) -> None:
    for creator, schema, kind, text in rows(cursor, queries.DEFAULTS):
        for grantee, _grantor, privileges, grantable in acl.parse(text):
            snapshot.model.put(DefaultGrant(database, name_of(names, creator), schema, kind, grantee, privileges, grantable))
    for (name,) in rows(cursor, queries.EXTENSIONS):
        snapshot.model.put(Extension(database, name))
    spoken(cursor, queries.WORDS, database, snapshot)
    leading_out = False
    for kind, name, detail, definition in rows(cursor, queries.THINGS):
        snapshot.model.put(Thing(database, kind, name, detail))
        leading_out = leading_out or kind == "foreign server"
        if definition:
            snapshot.definitions[(database, kind, name)] = [definition]
    if leading_out or any(may_lead_out(found.name) for found in snapshot.model.near(Extension, database)):
        snapshot.needed |= {(database, kind, name) for kind, name in rows(cursor, queries.NEEDED)}
