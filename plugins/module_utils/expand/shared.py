# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the matrix wants of what the whole server shares: roles, memberships, databases, their settings and grants.

What is right without being asked for (an expiry in the future, a superuser's memberships) is taken over from what is
there: the desired state is what must be, plus whatever of the present may stay.
"""

from __future__ import annotations

from dataclasses import replace

from ..catalog.snapshot import Snapshot
from ..items import PUBLIC, UNLIMITED, Database, Grant, Membership, Obj, Owner, Role, ServerSetting, Session, Setting, Thing
from ..matrix.types import ACTIVE, RETIRED
from ..model import Model
from ..sql import list_elements
from . import doors, server
from .settings import same_value, steers
from .scope import Identity, Place, Scope

# made by initdb: (role, member)
BUILTIN_MEMBERSHIPS = {("pg_read_all_settings", "pg_monitor"), ("pg_read_all_stats", "pg_monitor"),
                       ("pg_stat_scan_tables", "pg_monitor")}
_FLAGS = {"superuser": "SUPERUSER", "createdb": "CREATEDB", "createrole": "CREATEROLE", "replication": "REPLICATION",
          "bypassrls": "BYPASSRLS"}


def expand(scope: Scope, snapshot: Snapshot, now: Model, want: Model) -> None:
    """Put the desired shared state into `want`, given the present one."""
    for role in _roles(scope, snapshot, now):
        want.put(role)
    for membership in now.of(Membership).values():
        if _membership_may_stay(membership, scope, snapshot, now):
            want.put(_rightful(membership, scope, snapshot))
    for place in scope.places.values():
        database = _database(place, scope, snapshot, now)
        if database is not None:
            want.put(database)
        if now.get(Database, place.name) is not None:  # what it needs further shows once it is there
            _database_grants(place, scope, snapshot, now, want)
    _settings(scope, snapshot, now, want)
    for grant in now.of(Grant).values():
        if grant.obj.kind in ("TABLESPACE", "PARAMETER") and grant.grantee in snapshot.superusers:
            want.put(grant)
    for owner in now.of(Owner).values():
        if owner.obj.kind == "TABLESPACE":
            want.put(owner if owner.owner in snapshot.superusers else replace(owner, owner=scope.bootstrap))
            # what its owner holds goes with the ownership
            for grant in now.near(Grant, owner.obj):
                if grant.grantee == owner.owner:
                    want.put(grant)
    for database in now.of(Database).values():
        if database.name not in scope.places:
            _strangers_grants(database, scope, now, want)
    doors.expand(scope, snapshot, now, want)
    _live(scope, snapshot, now, want)


def _roles(scope: Scope, snapshot: Snapshot, now: Model) -> list[Role]:
    present = now.of(Role)
    found = [_unspoilt(role) for role in present.values() if role.name == scope.bootstrap]
    powerless = dict.fromkeys(_FLAGS, False)
    found += [role.having(login=False, **powerless) for role in present.values() if role.name in snapshot.predefined]
    for name, identity in scope.roles.items():
        role = now.get(Role, name)
        if role is None and identity.kind in ("system", "retired"):
            continue  # made by who needs it; there is nothing to retire
        found.append(_role(name, identity, role))
    return found


def _role(name: str, identity: Identity, role: Role | None) -> Role:
    new = role is None
    now = role or Role(name)
    attributes = identity.rights.attributes if identity.rights else frozenset()
    flags = {flag: word in attributes for flag, word in _FLAGS.items()}
    expiry = "none" if now.expiry == "past" and identity.may_login else now.expiry
    password = _unspoilt(now).password if identity.may_login else now.password
    if identity.managed:
        password = "declared" if now.password != "unknown" or new else "unknown"
    limit = now.limit if identity.limit is None else identity.limit
    return Role(name, identity.may_login, limit=limit, password=password, expiry=expiry, **flags)


def _unspoilt(role: Role) -> Role:
    """A role whose password is not the matrix's: whatever it is, but neither weak nor a service's."""
    return replace(role, password=role.password if role.password in ("none", "unknown") else "unknown")


def _membership_may_stay(membership: Membership, scope: Scope, snapshot: Snapshot, now: Model) -> bool:
    role, member = membership.role, membership.member
    if (role, member) in BUILTIN_MEMBERSHIPS or member in snapshot.superusers:
        return True
    identity = scope.roles.get(member)
    if identity is not None:
        allowed = identity.rights.member_of if identity.rights else frozenset()
        return role in allowed
    # between two roles that no row knows, and that open nothing of the server's own: the roles themselves are reported
    return role not in scope.roles and not role.startswith("pg_") and not member.startswith("pg_") \
        and role not in snapshot.superusers


def _rightful(membership: Membership, scope: Scope, snapshot: Snapshot) -> Membership:
    """As it may be: a system role lets nobody in, and has from a superuser what it has. From PostgreSQL 16 on a membership
    ends with the right of who gave it."""
    if (membership.role, membership.member) in BUILTIN_MEMBERSHIPS:
        return replace(membership, admin=False)
    if membership.member not in scope.roles or membership.member in snapshot.superusers:
        return membership
    borrowed = snapshot.major >= 16 and membership.grantor not in snapshot.superusers
    return replace(membership, admin=False, grantor=scope.bootstrap if borrowed else membership.grantor)


def _database(place: Place, scope: Scope, snapshot: Snapshot, now: Model) -> Database | None:
    present = now.get(Database, place.name)
    if place.kind == ACTIVE:
        return Database(place.name, place.owner, True, False, place.limit if place.limit is not None else -1)
    if present is None:
        return None
    if place.kind == RETIRED:
        return replace(present, owner=place.owner, template=False)
    enough = sum(role.connection_limit or 0 for role in scope.spec.system_roles if role.role in place.systems)
    kept_out = 0 <= present.limit < enough
    return replace(present, limit=UNLIMITED if kept_out else present.limit,
                   owner=present.owner if present.owner in snapshot.superusers else scope.bootstrap,
                   connections=place.name != "template0", template=place.name != "postgres")


def _database_grants(place: Place, scope: Scope, snapshot: Snapshot, now: Model, want: Model) -> None:
    present = now.get(Database, place.name)
    owner = present.owner if present is not None else place.owner
    obj = Obj("", "DATABASE", "", place.name)
    wanted: dict[str, set[str]] = {}
    if place.kind == ACTIVE:
        # an owner who is about to change takes its place in the grants then
        if owner == place.owner:
            wanted[owner] = {"CONNECT", "CREATE", "TEMPORARY"}
        for role in (*place.logins, *place.readers):
            wanted[role] = {"CONNECT"}
    if place.kind != RETIRED and place.name != "template1":
        for role in place.systems:
            if now.get(Role, role) is not None:
                wanted[role] = {"CONNECT"}
    found = {grant.grantee: grant for grant in now.near(Grant, obj) if grant.grantor == owner}
    for grantee, privileges in wanted.items():
        held = found.get(grantee)
        grantable = held.grantable if held and grantee == place.owner else ()
        want.put(Grant(obj, "", grantee, owner, tuple(sorted(privileges)), grantable))
    for grant in now.near(Grant, obj):
        if _database_grant_may_stay(grant, place, owner, snapshot):
            want.put(grant)


def _strangers_grants(database: Database, scope: Scope, now: Model, want: Model) -> None:
    """On a database that no row names, which is reported itself: services have no business there, the rest may stay."""
    for grant in now.near(Grant, database.obj):
        identity = scope.roles.get(grant.grantee)
        if identity is None or identity.kind == "system" or grant.grantee == database.owner:
            want.put(grant)


def _database_grant_may_stay(grant: Grant, place: Place, owner: str, snapshot: Snapshot) -> bool:
    if grant.grantee in snapshot.superusers or grant.grantee in (owner, place.owner):
        # whoever owns it wrongly loses it with the ownership
        return grant.grantee != owner or owner != place.owner or place.kind != ACTIVE
    if place.name == "template0":
        return grant.grantee == PUBLIC and grant.privileges == ("CONNECT",)
    return place.kind == RETIRED and grant.grantee in place.systems and grant.privileges == ("CONNECT",)


def _settings(scope: Scope, snapshot: Snapshot, now: Model, want: Model) -> None:
    for place in scope.places.values():
        if place.row is not None and place.kind == ACTIVE and now.get(Database, place.name) is not None:
            for name, value in place.row.settings:
                present = now.get(Setting, place.name, "", name)
                same = present is not None and same_value(name, present.value, value)
                want.put(present if present is not None and same else Setting(place.name, "", name, value))
    for setting in now.of(Setting).values():
        # the settings of what no row knows are its own business: it is reported itself
        of_stranger = (setting.role and setting.role not in scope.roles and setting.role not in snapshot.superusers
                       and setting.database not in scope.places) or (
            setting.database and setting.database not in scope.places and not setting.role)
        retired = setting.database in scope.places and scope.places[setting.database].kind == RETIRED
        plain = not steers(setting) or (
            setting.name == "search_path" and "pg_catalog" not in list_elements(setting.value)[1:])
        if of_stranger or (retired and not setting.role and plain):
            want.put(setting)


def _live(scope: Scope, snapshot: Snapshot, now: Model, want: Model) -> None:
    for session in now.of(Session).values():
        place = scope.places.get(session.database)
        if session.role in snapshot.superusers:
            want.put(session)
        elif not session.database:
            identity, role = scope.roles.get(session.role), now.get(Role, session.role)
            # who may replicate is the roles' question; who no longer may is inside still
            if role is not None and role.replication and (identity is None or (
                    identity.rights is not None and "REPLICATION" in identity.rights.attributes)):
                want.put(session)
        elif (place is None and session.role not in scope.roles) or (
                place is not None and place.may_enter(session.role)):
            want.put(session)
    for thing in now.of(Thing).values():
        if thing.kind == "replication slot" and thing.name in scope.spec.replication_slots:
            want.put(thing)
    for setting in now.of(ServerSetting).values():
        want.put(replace(setting, value=server.right(setting, scope, now)))
