# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which roles belong to the server itself, and what for: guessed from attributes and memberships."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..items import ROUTINES, Grant, Membership, Role, Thing
from ..matrix.types import EVERYWHERE
from ..matrix.uses import USES
from .addresses import proposed
from .facts import MAINTENANCE, Facts
from .holdings import Holdings
from .names import is_role_name

LEAST = 3  # connections of a system role that has no limit yet
_USES = {"pg_monitor": "monitoring", "pg_read_all_stats": "monitoring", "pg_read_all_settings": "monitoring",
         "pg_read_all_data": "backup", "pg_use_reserved_connections": "operator"}


@dataclass
class SystemRole:
    """An entry of `system_roles`: its keys, and what a reader must know of it."""

    keys: dict[str, Any]
    notes: list[str] = field(default_factory=list)

    @property
    def role(self) -> str:
        return str(self.keys["role"])


def guessed(facts: Facts, holdings: Holdings) -> list[SystemRole]:
    """The roles that have a use on the server and none in a service's database."""
    poolers = _poolers(facts)
    found = []
    for name, role in sorted(holdings.roles.items()):
        uses = _uses(facts, role) | ({"pooler"} if name in poolers else set())
        if uses and is_role_name(name) and not any(holding.works for holding in holdings.of(name)):
            found.append(_entry(facts, role, uses))
    return found


def _entry(facts: Facts, role: Role, uses: set[str]) -> SystemRole:
    notes: list[str] = []
    keys: dict[str, Any] = {"role": role.name}
    if len(uses) == 1 and role.login:
        use = next(iter(uses))
        keys["use"] = use
        enters = bool(USES[use].connect)
    else:
        keys |= _spelled_out(facts, role, uses)
        enters = bool(keys.get("connect"))
        notes.append("TODO: no single use fits; here is what it may today. Say what it is for.")
    if enters or role.limit > 0:
        keys["connection_limit"] = role.limit if role.limit > 0 else max(LEAST, 2 * facts.seen.peak(role.name))
        if role.limit <= 0:
            notes.append(f"it has no limit today; seen at once: {facts.seen.peak(role.name)}")
    addresses, more = proposed(facts, [role.name], "")
    if addresses:
        keys["client_addresses"] = addresses
    return SystemRole(keys, notes + more)


def _spelled_out(facts: Facts, role: Role, uses: set[str]) -> dict[str, Any]:
    """What it may, in the words of the matrix. What opens every wall stays out, and is reported."""
    attributes = [word for word, has in (("LOGIN", role.login), ("REPLICATION", role.replication),
                                         ("BYPASSRLS", role.bypassrls)) if has]
    member_of = sorted(membership.role for membership in facts.snapshot.model.of(Membership).values()
                       if membership.member == role.name and membership.role in _USES)
    keys: dict[str, Any] = {"purpose": f"TODO: what role {role.name} is for"}
    keys |= {key: value for key, value in (("attributes", attributes), ("member_of", member_of)) if value}
    if role.login and uses - {"replication"}:
        keys["connect"] = [EVERYWHERE] if uses - {"replication", "pooler"} else [MAINTENANCE]
    return keys


def _uses(facts: Facts, role: Role) -> set[str]:
    """What attributes and memberships, direct or through groups, say that it is for."""
    memberships = list(facts.snapshot.model.of(Membership).values())
    found, todo = set(), [role.name]
    while todo:
        member = todo.pop()
        for membership in memberships:
            if membership.member == member and membership.role not in found:
                found.add(membership.role)
                if membership.role not in _USES:
                    todo.append(membership.role)
    uses = {use for name, use in _USES.items() if name in found}
    return uses | ({"replication"} if role.replication else set())


def _poolers(facts: Facts) -> set[str]:
    """Roles that may call a superuser's function in the maintenance database: the look-up of a pooler."""
    model = facts.snapshot.model
    functions = {thing.name for thing in model.of(Thing).values()
                 if thing.kind == "definer function" and thing.database == MAINTENANCE
                 and thing.detail in facts.snapshot.superusers}
    return set(_callers(model.of(Grant).values(), functions))


def _callers(grants: Any, functions: set[str]) -> Iterator[str]:
    for grant in grants:
        if grant.obj.database == MAINTENANCE and grant.obj.kind in ROUTINES and grant.obj.text in functions:
            yield grant.grantee
