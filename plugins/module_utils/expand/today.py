# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the rightful roles of a database can do today by ways that may end: as superusers, through PUBLIC or a role that they
inherit, as an object's owner. What their part allows of it they are to hold by name; system roles what `grants` name."""

from __future__ import annotations

from collections.abc import Iterable

from .. import acl
from ..catalog.snapshot import Holdings, Snapshot
from ..items import BOOKKEEPING, DATABASE_OWNER, PUBLIC, ROUTINES, Database, Grant, Owner
from ..model import Model
from ..ties import Ties
from . import grants as holders
from .scope import Place, Scope

_REQUIRED_ANYWAY = ("TABLE", "VIEW", "MATERIALIZED VIEW")  # all that a reader or login may hold on them
_ALL_DATA = {"pg_read_all_data": ("SELECT", "USAGE"), "pg_write_all_data": ("INSERT", "UPDATE", "DELETE", "USAGE")}
_DATA = ("FOREIGN TABLE", "SEQUENCE", "SCHEMA")


class Today:
    """What the roles of one active row can do in its database today. `ties`: the memberships."""

    def __init__(self, place: Place, scope: Scope, snapshot: Snapshot, now: Model, ties: Ties) -> None:
        self.place, self.scope, self.snapshot = place, scope, snapshot
        database = now.get(Database, place.name)
        self.named = {role: rights for role, rights in scope.system_rights().items()
                      if any(grant.database == place.name for grant in rights.grants)}
        self.ways = {role: _ways(role, ties, database.owner if database else "")
                     for role in (place.owner, *place.logins, *place.readers, *self.named)}

    def holds(self, owner: Owner, kind: str, through: bool, stays: bool, grants: Iterable[Grant]) -> Holdings:
        """What each role is to hold by name on an object, by role and column. `kind`: definer or untrusted, for a routine;
        `through`: whether views or policies call it; `stays`: whether it will not become the row's owner's."""
        place, obj = self.place, owner.obj
        if obj.kind in _REQUIRED_ANYWAY and not self.named or kind == "untrusted" or BOOKKEEPING in (
                obj.schema, obj.name if obj.kind == "SCHEMA" else ""):
            return {}
        given = list(grants)
        public = holders.allowed(place, obj, PUBLIC, kind, None)
        kept = {privilege for grant in given if grant.grantee == PUBLIC and grant.grantor == owner.owner
                for privilege in grant.privileges
                if not grant.column and (privilege in public or (kind and owner.owner != place.owner))}
        found: Holdings = {}
        for role in self.ways:
            if role in self.named:
                may = set(holders.named(place, obj, self.named[role]))
            elif obj.kind in _REQUIRED_ANYWAY:
                continue
            elif role == place.owner:
                may = {"EXECUTE"} if stays and obj.kind in ROUTINES else set()
            else:
                may = set(holders.allowed(place, obj, role, "" if through else kind, None))
            if role in place.readers and obj.kind == "LARGE OBJECT":
                continue  # as PUBLIC's it is open to everybody, as its own it takes disk: only a grant by name may stay
            if may - kept:
                for column, privileges in self._held(role, owner, kind, given).items():
                    if privileges & (may - kept):
                        found[role, column] = frozenset(privileges & (may - kept))
        return found

    def _held(self, role: str, owner: Owner, kind: str, grants: Iterable[Grant]) -> dict[str, set[str]]:
        """What `role` can do by ways that may end, by column."""
        obj, ways = owner.obj, self.ways[role]
        borrowed = kind == "definer" and owner.owner != self.place.owner  # it lends somebody else's power
        found: dict[str, set[str]] = {}
        if role in self.snapshot.superusers and not borrowed:
            found[""] = set(acl.owners_privileges(obj.kind, self.snapshot.major))
        for name, privileges in _ALL_DATA.items():
            if name in ways and obj.kind in _DATA:
                found.setdefault("", set()).update(privileges)
        for grant in grants:
            if grant.grantee != PUBLIC and grant.grantee not in ways:
                continue
            if grant.grantee == role and grant.grantor == owner.owner != role:
                continue  # its own, which stays
            if not borrowed or self._is_ours(grant.grantee):
                found.setdefault(grant.column, set()).update(grant.privileges)
        return found

    def _is_ours(self, role: str) -> bool:
        """Whether what `role` may do through somebody else's power is no system role's, superuser's or other service's."""
        identity = self.scope.roles.get(role)
        return role not in self.snapshot.superusers and (identity is None or identity.row is self.place.row)


def _ways(role: str, ties: Ties, owner: str) -> frozenset[str]:
    """The roles as which `role` acts unasked, in a database of `owner`."""
    found = ties.inherited(role)
    return found | {DATABASE_OWNER} if owner in found else found
