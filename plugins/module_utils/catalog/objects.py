# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The objects of one database: whose each is, and which of PostgreSQL's own and of extensions somebody has changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from sys import intern

from ..record import record
from ..items import RELATIONS, Obj, Table
from .raw import name_of
from .snapshot import Rows, Snapshot

_MADE_BY_INITDB = 16384  # FirstNormalObjectId: what initdb makes has a lower one
_TYPES, _FUNCTIONS, _CLASSES = 1247, 1255, 1259  # the catalogs' own oids
_BOOTSTRAP, _PUBLIC_SCHEMA = 10, 2200
_ALWAYS_MADE = ("SERVER", "PUBLICATION", "LARGE OBJECT")  # initdb makes none, and a large object's maker chooses its number
_PASSING = re.compile("pg_(temp|toast_temp)_[0-9]+")  # the server makes and drops these by itself; pg_toast is not one


@record(frozen=True)
class Found:
    """An object. `builtin`: the server's or an extension's, changed by somebody, `initial` its ACL before. `extension`: to
    which it belongs; `estranged`: neither a superuser's nor its extension's owner's. `word` and `other`: what its kind says
    of it (catalog/database.py)."""

    oid: int
    obj: Obj
    owner: str
    acl: str | None
    builtin: bool
    initial: str | None
    word: str
    other: str
    extension: str
    estranged: bool


@record(frozen=True)
class _Parts:
    """What is not an object of its own: `members` of extensions, by catalog and oid, with the extension's name and owner,
    and the functions that come with a range type."""

    members: Mapping[tuple[int, int], tuple[str, int]]
    ranges: frozenset[int]


def schemas(raw: Rows) -> dict[int, str]:
    """All schemas' names, by oid."""
    return {row[2]: row[4] for row in raw.objects if row[0] == "SCHEMA"}


def read(raw: Rows, database: str, snapshot: Snapshot, names: Mapping[int, str]) -> Iterator[Found]:
    """What somebody made or changed in `database`.

    Puts the relations that belong to extensions into `snapshot`: somebody may have hidden one there.
    """
    parts, names_of_schemas = _parts(raw), schemas(raw)
    unwalled = {str(row[2]): row[4] for row in raw.objects if row[0] == "LANGUAGE" and row[9] and row[4] != "sql"}
    passing = {oid for oid, name in names_of_schemas.items() if _PASSING.fullmatch(name)}
    superusers = snapshot.superusers
    for kind, catalog, oid, schema_oid, name, arguments, role, acl, initial, word, other in raw.objects:
        schema, owner = names_of_schemas.get(schema_oid, ""), name_of(names, role)
        if (oid if kind == "SCHEMA" else schema_oid) in passing or name is None or arguments is None:
            continue  # it passes, or was dropped before its name was written out
        if catalog == _CLASSES and kind == "TYPE":
            if (_TYPES, int(other)) in parts.members:
                continue
            other = ""
        if oid in parts.ranges and catalog == _FUNCTIONS and role == _BOOTSTRAP:
            continue
        obj = Obj(database, intern(kind), schema, name, arguments)
        member = parts.members.get((catalog, oid))
        if member and kind in RELATIONS:
            snapshot.model.put(Table(database, schema, name, "EXTENSION'S RELATION"))
        elif kind == "SEQUENCE" and word and owner in superusers and (_CLASSES, int(word)) in parts.members:
            member, initial = parts.members[_CLASSES, int(word)], acl  # it goes where its table goes
        builtin = (member is not None or oid < _MADE_BY_INITDB) and oid != _PUBLIC_SCHEMA and kind not in _ALWAYS_MADE
        extension, keeper = member or ("", 0)
        estranged = owner not in superusers and keeper != role
        # what somebody puts into an extension has the ACL that it had until then as its initial one
        if builtin and not estranged and not (member and kind in RELATIONS) and (
                acl is None or acl == initial and not member):
            continue
        if catalog == _FUNCTIONS:
            other = unwalled.get(other, "")
        elif word == "row":
            word = f"{schema}.{name}"
        yield Found(oid, obj, owner, acl, builtin or word == "toast", initial, word, other, extension,
                    estranged)


def _parts(raw: Rows) -> _Parts:
    extensions = {oid: (name, owner) for oid, name, owner in raw.extensions}
    return _Parts({(catalog, oid): extensions.get(whole, ("", 0)) for catalog, oid, member, whole in raw.parts if member},
                  frozenset(oid for _catalog, oid, member, _whole in raw.parts if not member))
