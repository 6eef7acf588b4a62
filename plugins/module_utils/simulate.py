# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a change makes of the model, PostgreSQL's side effects included. The plan is made by it, before anything runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from . import acl
from .catalog.snapshot import Snapshot
from .items import (
    DATABASE_OWNER, PUBLIC, Database, DefaultGrant, Extension, Grant, Membership, Obj, Owner, Role, Setting)
from .model import Change, Item, Model


def apply(change: Change, snapshot: Snapshot) -> None:
    """Carry out `change` on the snapshot's model. Only values that differ between its sides are touched."""
    model = snapshot.model
    if isinstance(change.item, Grant):
        _grant(change, model)
    elif isinstance(change.item, DefaultGrant):
        _default_grant(change, model)
    elif change.before is None:
        model.put(change.item)
        if isinstance(change.item, Database):
            _new_database(change.item, snapshot)
    elif change.after is None:
        model.drop(change.item)
        if isinstance(change.item, Membership) and snapshot.major >= 16:
            _drop_passed_on(change.item, model)
    else:
        _patch(change, model)
        if isinstance(change.before, Membership) and snapshot.major >= 16 and "admin" in change.patch():
            _drop_passed_on(change.before, model)


def possible(change: Change, model: Model) -> bool:
    """Whether the roles that the change names are there."""
    item = change.item
    names: list[str] = []
    if isinstance(item, (Database, Owner)):
        names = [item.owner]
    elif isinstance(item, Grant):
        names = [item.grantee]
    elif isinstance(item, DefaultGrant):
        names = [item.creator, item.grantee]
    elif isinstance(item, Membership):
        names = [item.role, item.member]  # on PostgreSQL 15 the grantor may be gone
    elif isinstance(item, Setting):
        names = [item.role] if item.role else []
    return all(name in (PUBLIC, DATABASE_OWNER) or model.get(Role, name) is not None for name in names)


def _patch(change: Change, model: Model) -> None:
    present: Item | None = model.get(type(change.item), *change.item.key)
    if present is None:
        return
    patch = change.patch()
    model.put(cast("Item", replace(cast(Any, present), **patch)))
    if "owner" not in patch:
        return
    if isinstance(present, Database):
        _new_owner(present.obj, present.owner, str(patch["owner"]), model)
    elif isinstance(present, Owner):
        _new_owner(present.obj, present.owner, str(patch["owner"]), model)
        table = f"{present.obj.schema}.{present.obj.name}"
        for sequence in model.near(Owner, (present.obj.database, table)):
            model.put(replace(sequence, owner=str(patch["owner"])))
            _new_owner(sequence.obj, sequence.owner, str(patch["owner"]), model)


def _new_owner(obj: Obj, old: str, new: str, model: Model) -> None:
    present = model.near(Grant, obj)
    for grant in present:
        model.drop(grant)
    for grant in acl.new_owner(present, old, new):
        model.put(grant)


def _delta(present: tuple[str, ...], before: tuple[str, ...], after: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted((set(present) - (set(before) - set(after))) | (set(after) - set(before))))


def _grant(change: Change, model: Model) -> None:
    item = cast("Grant", change.item)
    present = model.of(Grant).get(item.key)
    sides = [(side.privileges, side.grantable) if isinstance(side, Grant) else ((), ())
             for side in (change.before, change.after)]
    privileges = _delta(present.privileges if present else (), sides[0][0], sides[1][0])
    grantable = _delta(present.grantable if present else (), sides[0][1], sides[1][1])
    grantable = tuple(name for name in grantable if name in privileges)
    lost = set(present.grantable if present else ()) - set(grantable)
    if privileges:
        model.put(replace(item, privileges=privileges, grantable=grantable))
    elif present is not None:
        model.drop(present)
    if lost:
        _revoke_passed_on(item.obj, item.column, item.grantee, lost, model)


def _revoke_passed_on(obj: Obj, column: str, grantor: str, lost: set[str], model: Model) -> None:
    """What a role passed on goes with its grant option (CASCADE)."""
    for grant in model.near(Grant, obj):
        if grant.grantor == grantor and grant.column == column and set(grant.privileges) & lost and grant.grantee != grantor:
            rest = tuple(name for name in grant.privileges if name not in lost)
            further = set(grant.grantable) & lost
            model.drop(grant)
            if rest:
                model.put(replace(grant, privileges=rest, grantable=tuple(n for n in grant.grantable if n not in lost)))
            if further:
                _revoke_passed_on(obj, column, grant.grantee, further, model)


def _default_grant(change: Change, model: Model) -> None:
    item = cast("DefaultGrant", change.item)
    present = model.of(DefaultGrant).get(item.key)
    before = change.before if isinstance(change.before, DefaultGrant) else None
    after = change.after if isinstance(change.after, DefaultGrant) else None
    privileges = _delta(present.privileges if present else (), before.privileges if before else (),
                        after.privileges if after else ())
    grantable = _delta(present.grantable if present else (), before.grantable if before else (),
                       after.grantable if after else ())
    if privileges:
        model.put(replace(item, privileges=privileges, grantable=tuple(n for n in grantable if n in privileges)))
    else:
        model.drop(item)


def _drop_passed_on(membership: Membership, model: Model) -> None:
    """Memberships that the member granted by its ADMIN OPTION."""
    if not membership.admin:
        return
    for other in model.near(Membership, membership.role):
        if other.grantor == membership.member:
            model.drop(other)
            _drop_passed_on(other, model)


def _new_database(database: Database, snapshot: Snapshot) -> None:
    """A copy of template0, closed: no connection, and nothing for PUBLIC."""
    model, major = snapshot.model, snapshot.major
    model.put(replace(database, connections=False))
    model.put(Grant(database.obj, "", database.owner, database.owner, acl.owners_privileges("DATABASE", major)))
    public = Obj(database.name, "SCHEMA", "", "public")
    model.put(Owner(public, DATABASE_OWNER))
    model.put(Grant(public, "", DATABASE_OWNER, DATABASE_OWNER, acl.owners_privileges("SCHEMA", major)))
    model.put(Grant(public, "", PUBLIC, DATABASE_OWNER, ("USAGE",)))
    model.put(Extension(database.name, "plpgsql"))
    snapshot.visited |= {database.name}
