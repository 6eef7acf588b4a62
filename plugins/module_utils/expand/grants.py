# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who must, and who may, hold which privileges on an object inside a database that the matrix names."""

from __future__ import annotations

from ..items import BOOKKEEPING, PUBLIC, RELATIONS, ROUTINES, Obj
from ..matrix.types import ACTIVE
from ..matrix.uses import Rights
from .scope import MAINTAINED, Place

_WRITES = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})
_TYPES = ("TYPE", "DOMAIN")


def login_writes(place: Place) -> frozenset[str]:
    """What a login beside the owner may do with the rows of a table."""
    soft = place.row is not None and place.row.soft_delete_only
    return _WRITES - {"DELETE"} if soft else _WRITES


def required(place: Place, obj: Obj, definer: bool, through: bool) -> dict[str, frozenset[str]]:
    """Privileges that readers and logins of an active row must hold on `obj`; the owner's own are not among them.
    `definer`: a function of the owner that runs as such; `through`: which views or policies call, as whoever reads."""
    if place.kind != ACTIVE or BOOKKEEPING in (obj.schema, obj.name if obj.kind == "SCHEMA" else ""):
        return {}
    found: dict[str, frozenset[str]] = {}
    if obj.kind == "SCHEMA":
        found = dict.fromkeys((*place.readers, *place.logins), frozenset({"USAGE"}))
    elif obj.kind in RELATIONS and obj.kind != "FOREIGN TABLE":
        found = dict.fromkeys(place.readers, frozenset({"SELECT"}))
        writes = login_writes(place) if obj.kind != "MATERIALIZED VIEW" else frozenset({"SELECT"})
        found.update(dict.fromkeys(place.logins, writes))
    elif obj.kind == "SEQUENCE":
        found = dict.fromkeys(place.logins, frozenset({"SELECT", "UPDATE", "USAGE"}))
    elif obj.kind in ROUTINES and definer:
        # PUBLIC may not execute it, and what works for the service goes on working
        found = dict.fromkeys((*place.logins, *(place.readers if through else ())), frozenset({"EXECUTE"}))
    return found


def allowed(place: Place, obj: Obj, grantee: str, kind: str, rights: Rights | None) -> frozenset[str]:
    """Privileges that `grantee` may hold on `obj`. `kind`: definer, untrusted or empty, for a routine."""
    if BOOKKEEPING in (obj.schema, obj.name if obj.kind == "SCHEMA" else ""):
        return frozenset()
    if grantee == PUBLIC:
        return _public(obj, kind)
    if grantee in place.readers:
        return _reader(obj, kind)
    if grantee in place.logins:
        return _login(place, obj)
    return _system(place, obj, rights) if rights is not None else frozenset()


def named(place: Place, obj: Obj, rights: Rights) -> frozenset[str]:
    """What a system role's `grants` name on `obj`: all that anybody may hold on PostgreSQL's own objects."""
    found: set[str] = set()
    name = f"{obj.schema}.{obj.name}" if obj.schema else obj.name
    for grant in rights.grants:
        kind = grant.type.upper()
        if (grant.database, grant.name) == (place.name, name) and (
                kind == obj.kind or (kind in ("FUNCTION", "ROUTINE") and obj.kind in ROUTINES)):
            found.update(privilege.upper() for privilege in grant.privileges)
    return frozenset(found)


def _public(obj: Obj, kind: str) -> frozenset[str]:
    """PostgreSQL's defaults for PUBLIC that open nothing: functions that run as their caller, types, schema public."""
    if obj.kind in ROUTINES and not kind:
        return frozenset({"EXECUTE"})
    if obj.kind in (*_TYPES, "LANGUAGE") or (obj.kind == "SCHEMA" and obj.name == "public"):
        return frozenset({"USAGE"})
    return frozenset()


def _reader(obj: Obj, kind: str) -> frozenset[str]:
    if obj.kind in (*RELATIONS, "SEQUENCE", "LARGE OBJECT"):
        return frozenset({"SELECT"})
    if obj.kind == "SCHEMA" or obj.kind in _TYPES:
        return frozenset({"USAGE"})
    return frozenset({"EXECUTE"}) if obj.kind in ROUTINES and not kind else frozenset()


def _login(place: Place, obj: Obj) -> frozenset[str]:
    if obj.kind in RELATIONS:
        return login_writes(place)
    if obj.kind == "SEQUENCE":
        return frozenset({"SELECT", "UPDATE", "USAGE"})
    if obj.kind == "SCHEMA" or obj.kind in _TYPES:
        return frozenset({"USAGE"})
    if obj.kind == "LARGE OBJECT":
        return frozenset({"SELECT", "UPDATE"})
    return frozenset({"EXECUTE"}) if obj.kind in ROUTINES else frozenset()


def _system(place: Place, obj: Obj, rights: Rights) -> frozenset[str]:
    found = named(place, obj, rights)
    if rights.large_objects and obj.kind == "LARGE OBJECT":
        found |= {"SELECT"}
    if rights.counts and place.kind == MAINTAINED and obj.kind == "SCHEMA":
        found |= {"USAGE"}
    if rights.look_up and place.kind == MAINTAINED:
        found |= {"EXECUTE"} if obj.kind in ROUTINES else {"USAGE"} if obj.kind == "SCHEMA" else set()
    return found


DEFAULT_KINDS = {"TABLES": "TABLE", "SEQUENCES": "SEQUENCE", "FUNCTIONS": "FUNCTION", "TYPES": "TYPE", "SCHEMAS": "SCHEMA",
                 "LARGE OBJECTS": "LARGE OBJECT"}


def default_allowed(place: Place, kind: str, grantee: str) -> frozenset[str]:
    """What default privileges may go on giving to `grantee`; as for an object of the kind that will be made."""
    later = Obj(place.name, DEFAULT_KINDS[kind], "", "")
    return allowed(place, later, grantee, "", None)
