# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The budget of a server: what everybody may take together never exceeds max_connections."""

from __future__ import annotations

from collections.abc import Iterable

from .place import Place
from .types import ACTIVE, EVERYWHERE, PLANNED, Allocation, ServerSpec, SystemRole
from .uses import rights


def may_enter(role: SystemRole, database: str) -> bool:
    """Whether a system role may connect to a service's database."""
    connect = rights(role).connect
    return EVERYWHERE in connect or database in connect


def terms(spec: ServerSpec, rows: Iterable[Allocation]) -> list[tuple[str, int]]:
    """What counts against max_connections, each with its name.

    A row counts its limit once, though each of its logins has it: the database's own limit (the row's, its readers'
    and those of the system roles that may connect) stops them together. Only the share of the system roles could be
    taken by a second login while those are elsewhere, so that much more is counted.
    """
    found: list[tuple[str, int]] = []
    for row in rows:
        if row.server != spec.name or row.status not in (ACTIVE, PLANNED):
            continue
        shared = sum(role.connection_limit or 0 for role in spec.system_roles if may_enter(role, row.database))
        more = min(max(len(row.logins) - 1, 0) * row.connection_limit, shared)
        found.append((row.service, row.connection_limit))
        found += [(f"further logins of {row.service}", more)] if more else []
        found += [(reader.role, reader.connection_limit) for reader in row.readers]
    found += [(role.role, role.connection_limit) for role in spec.system_roles if role.connection_limit]
    return [*found, ("maintenance_connections", spec.maintenance_connections)]


def check_budget(place: Place, spec: ServerSpec, rows: Iterable[Allocation]) -> None:
    """Tells the place of a server if its budget is overdrawn."""
    counted = terms(spec, rows)
    total = sum(number for _whose, number in counted)
    if not spec.managed or not spec.max_connections or total <= spec.max_connections:
        return
    addition = " + ".join(f"{name} {number}" for name, number in counted)
    place.at("max_connections").wrong(
        f"is {spec.max_connections}, but the limits add up to {total}: {addition}",
        f"lower limits by {total - spec.max_connections}, or raise max_connections on the server and here",
    )
