# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each use of a system role may, and no more."""

from __future__ import annotations

from typing import Any

from ..record import record
from ..errors import GoodNeighborError
from .types import EVERYWHERE, Matrix, ObjectGrant, ServerSpec, SystemRole


@record(frozen=True)
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


def login(matrix: Matrix, server: str, use: str) -> tuple[ServerSpec, SystemRole | None, dict[str, Any]]:
    """A server, its role of this use if the matrix has one, and what the tasks that make that role need.

    Raises GoodNeighborError where the matrix does not know the server.
    """
    spec = next((one for one in matrix.servers if one.name == server), None)
    if spec is None:
        raise GoodNeighborError(f"{server} is none of good_neighbor_servers")
    role = next((one for one in spec.system_roles if one.use == use), None)
    return spec, role, {
        "server": server,
        "port": spec.port,
        "role": role.role if role else "",
        "attributes": ",".join(sorted(rights(role).attributes)) if role else "",
        "groups": sorted(rights(role).member_of) if role else [],
        "limit": role.connection_limit if role else 0,
    }
