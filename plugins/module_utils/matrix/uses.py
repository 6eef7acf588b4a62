# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each use of a system role may, and no more."""

from __future__ import annotations

from dataclasses import dataclass

from .types import EVERYWHERE, ObjectGrant, SystemRole


@dataclass(frozen=True)
class Rights:
    """Attributes (LOGIN included), direct memberships, databases it may enter, grants on objects."""

    attributes: frozenset[str]
    member_of: frozenset[str] = frozenset()
    connect: tuple[str, ...] = ()
    grants: tuple[ObjectGrant, ...] = ()
    large_objects: bool = False  # SELECT on each
    counts: bool = False  # may enter the maintenance database's schemas: in one is what counts statements, for all to read
    look_up: bool = False  # may call the function that looks verifiers up, in the maintenance database


# https://www.postgresql.org/docs/current/predefined-roles.html
USES = {
    "monitoring": Rights(frozenset({"LOGIN"}), frozenset({"pg_monitor"}), (EVERYWHERE,), counts=True),
    "backup": Rights(frozenset({"LOGIN", "BYPASSRLS"}), frozenset({"pg_read_all_data"}), (EVERYWHERE,), (), True),
    "replication": Rights(frozenset({"LOGIN", "REPLICATION"})),
    # pg_use_reserved_connections exists from PostgreSQL 16 on; on 15 only superusers draw on the reserve
    "operator": Rights(frozenset({"LOGIN"}), frozenset({"pg_use_reserved_connections"}), (EVERYWHERE,)),
    "pooler": Rights(frozenset({"LOGIN"}), frozenset(), ("postgres",), look_up=True),
}


def rights(role: SystemRole) -> Rights:
    """The rights of a system role: those of its use, or those written out."""
    if role.use is not None:
        return USES[role.use]
    return Rights(frozenset(role.attributes), frozenset(role.member_of), role.connect, role.grants)
