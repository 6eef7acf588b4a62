# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Memberships followed to their ends: who inherits whose rights, who can become whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from .items import Membership
from .model import Model


class Ties:
    """The memberships of one model."""

    def __init__(self, model: Model) -> None:
        self._inherits: dict[str, set[str]] = defaultdict(set)
        self._groups: dict[str, set[str]] = defaultdict(set)
        self._members: dict[str, set[str]] = defaultdict(set)
        self._known: dict[str, frozenset[str]] = {}
        for tie in model.of(Membership).values():
            self._groups[tie.member].add(tie.role)
            self._members[tie.role].add(tie.member)
            if tie.inherit:
                self._inherits[tie.member].add(tie.role)

    def inherited(self, role: str) -> frozenset[str]:
        """`role`, and all whose rights it has without doing anything."""
        if role not in self._known:
            self._known[role] = _closure(role, self._inherits)
        return self._known[role]

    def reached(self, role: str) -> frozenset[str]:
        """`role`, and all that it inherits, can become, or can let others into."""
        return _closure(role, self._groups)

    def members(self, role: str) -> frozenset[str]:
        """All that reach `role`, itself left out."""
        return _closure(role, self._members) - {role}


def _closure(start: str, steps: Mapping[str, set[str]]) -> frozenset[str]:
    found, waiting = {start}, [start]
    while waiting:
        further = steps.get(waiting.pop(), set()) - found
        found |= further
        waiting += further
    return frozenset(found)
