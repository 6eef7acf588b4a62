# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The objects of one database: whose each is, and which of PostgreSQL's own and of extensions somebody has changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from sys import intern
from typing import Any

from ..items import RELATIONS, Obj, Table
from . import database as queries
from .raw import name_of
from .snapshot import Snapshot

_MADE_BY_INITDB = 16384  # FirstNormalObjectId: what initdb makes has a lower one
_TYPES, _FUNCTIONS, _CLASSES = 1247, 1255, 1259  # the catalogs' own oids
_BOOTSTRAP, _PUBLIC_SCHEMA = 10, 2200
_ALWAYS_MADE = ("SERVER", "PUBLICATION", "LARGE OBJECT")  # initdb makes none, and a large object's maker chooses its number
_PASSING = re.compile("pg_(temp|toast_temp)_[0-9]+")  # the server makes and drops these by itself; pg_toast is not one


@dataclass(frozen=True)
class Found:
    """An object. `builtin`: the server's or an extension's, changed by somebody, `initial` its ACL before. `word` and
    `other`: what its kind says of it (catalog/database.py)."""

    oid: int
    obj: Obj
    owner: str
    acl: str | None
    builtin: bool
    initial: str | None
    word: str
    other: str


@dataclass(frozen=True)
class _Parts:
    """What is not an object of its own: `members` of extensions, by catalog and oid, with the extension's owner, and the
    functions that come with a range type."""

    members: Mapping[tuple[int, int], int]
    ranges: frozenset[int]


def query(major: int, declared: int) -> str:
    """What asks for them. `declared`: the oid of the role that shall own it all, 0 for nobody."""
    return (queries.OBJECTS + "\nUNION ALL" + queries.NAMED_OBJECTS).format(owner=declared, multirange=major < 17)


def read(found: Sequence[tuple[Any, ...]], others: Sequence[tuple[Any, ...]], database: str, snapshot: Snapshot,
         names: Mapping[int, str]) -> Iterator[Found]:
    """What somebody made or changed, from the rows of `query` and of PARTS.

    Puts the relations that belong to extensions into `snapshot`: somebody may have hidden one there.
    """
    parts = _parts(others)
    schemas = {row[2]: row[4] for row in found if row[0] == "SCHEMA"}
    unwalled = {str(row[2]): row[4] for row in found if row[0] == "LANGUAGE" and row[9] and row[4] != "sql"}
    passing = {oid for oid, name in schemas.items() if _PASSING.fullmatch(name)}
    superusers = snapshot.superusers
    for kind, catalog, oid, schema_oid, name, arguments, role, acl, initial, word, other in found:
        schema, owner = schemas.get(schema_oid, ""), name_of(names, role)
        if (oid if kind == "SCHEMA" else schema_oid) in passing:
            continue
        if catalog == _CLASSES and kind == "TYPE":
            if (_TYPES, int(other)) in parts.members:
                continue
            other = ""
        if oid in parts.ranges and catalog == _FUNCTIONS and role == _BOOTSTRAP:
            continue
        obj = Obj(database, intern(kind), schema, name, arguments)
        member = (catalog, oid) in parts.members
        if member and kind in RELATIONS:
            snapshot.model.put(Table(database, schema, name, "EXTENSION'S RELATION"))
        builtin = (member or oid < _MADE_BY_INITDB) and oid != _PUBLIC_SCHEMA and kind not in _ALWAYS_MADE
        if builtin:
            estranged = owner not in superusers and parts.members.get((catalog, oid)) != role
            if not estranged and (acl is None or acl == initial):
                continue
        if catalog == _FUNCTIONS:
            other = unwalled.get(other, "")
        elif word == "row":
            word = f"{schema}.{name}"
        yield Found(oid, obj, owner, acl, builtin or word == "toast", initial, word, other)


def _parts(found: Sequence[tuple[Any, ...]]) -> _Parts:
    return _Parts({(catalog, oid): owner for catalog, oid, member, owner in found if member},
                  frozenset(oid for _catalog, oid, member, _owner in found if not member))
