# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The matrix as a model of one server: what must be there, and what of the present may stay."""

from __future__ import annotations

from collections import defaultdict
from typing import Union

from ..catalog.snapshot import Snapshot
from ..items import DefaultGrant, Extension, Grant, Owner, Table, Thing
from ..model import Model
from ..ties import Ties
from . import inside, shared
from .scope import Scope


def desired(scope: Scope, snapshot: Snapshot, now: Model) -> Model:
    """The desired model, given the present one `now` (the snapshot's, or what a plan has made of it so far).

    Databases that were not visited, or that the matrix does not name, are left as they are inside.
    """
    want = Model()
    shared.expand(scope, snapshot, now, want)
    owners: dict[str, list[Owner]] = defaultdict(list)
    grants: dict[str, list[Grant]] = defaultdict(list)
    for owner in now.of(Owner).values():
        owners[owner.obj.database].append(owner)
    for grant in now.of(Grant).values():
        grants[grant.obj.database].append(grant)
    ties = Ties(now)
    judged = {name for name in scope.places if name in snapshot.visited}
    for name in sorted(judged):
        inside.expand(scope.places[name], scope, snapshot, now, want, owners[name], grants[name], ties)
    inner: tuple[type[Inner], ...] = (Owner, Grant, DefaultGrant, Extension, Table, Thing)
    for kind in inner:
        for item in now.of(kind).values():
            database = item.obj.database if isinstance(item, (Owner, Grant)) else item.database
            if database and database not in judged and not (isinstance(item, Thing) and item.kind in _SHARED_THINGS):
                want.put(item)
    return want


Inner = Union[Owner, Grant, DefaultGrant, Extension, Table, Thing]  # what lies in one database


_SHARED_THINGS = ("replication slot", "prepared transaction", "subscription")
