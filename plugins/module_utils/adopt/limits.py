# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Connection limits that fit into the budget of the server: those that are there, or what was seen with headroom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..items import Role
from ..matrix.budget import terms
from ..matrix.types import Allocation, Matrix, ServerSpec
from .facts import Facts

USUAL = 10  # what a service gets of which nothing is known
HEADROOM = 2  # times what was seen at once


@dataclass(frozen=True)
class Wish:
    """What a service should get: `wanted`, and `least`, what it needs by what was seen. `declared`: it is the limit today;
    `seen`: the most connections at once."""

    wanted: int
    least: int
    declared: bool
    seen: int


def wish(facts: Facts, roles: Iterable[str], database: str, others: int) -> Wish:
    """For the roles that a service logs in with. `others`: what readers and system roles may take in this database."""
    entering = list(roles)
    seen = max([facts.seen.peaks.get((database, role), 0) for role in entering], default=0)
    least = max(1, seen + (seen + 3) // 4)
    limits = [role.limit for role in _roles(facts, entering) if role.limit > 0]
    of_database = [one.limit - others for one in facts.databases if one.name == database and one.limit > others]
    limit = max(limits or of_database, default=0)
    if limit:
        return Wish(limit, min(least, limit), True, seen)
    return Wish(max(USUAL, HEADROOM * seen), least, False, seen)


def fit(matrix: Matrix, spec: ServerSpec, wishes: dict[str, Wish], most: int) -> dict[str, int]:
    """Limits by service, so that with all that is fixed at most `most` connections can be open. Limits of today are cut
    last. Nobody gets more than it wants or less than the least, even if that is too much for the server."""
    kept = {service: replace(one, least=one.wanted) if one.declared else one for service, one in wishes.items()}
    if total(matrix, spec, _level(kept, 0)) <= most:
        wishes = kept
    low, high = 0, max([one.wanted for one in wishes.values()], default=0)
    while low < high:  # the highest level to which all may be filled
        middle = (low + high + 1) // 2
        if total(matrix, spec, _level(wishes, middle)) <= most:
            low = middle
        else:
            high = middle - 1
    return _level(wishes, low)


def total(matrix: Matrix, spec: ServerSpec, limits: dict[str, int]) -> int:
    """What may be open at once with these limits."""
    rows: list[Allocation] = [replace(row, connection_limit=limits.get(row.service, row.connection_limit))
                              for row in matrix.on(spec.name)]
    return sum(number for _whose, number in terms(spec, rows))


def _level(wishes: dict[str, Wish], level: int) -> dict[str, int]:
    return {service: max(one.least, min(one.wanted, level)) for service, one in wishes.items()}


def _roles(facts: Facts, names: list[str]) -> list[Role]:
    found = (facts.snapshot.model.get(Role, name) for name in names)
    return [role for role in found if role is not None]
