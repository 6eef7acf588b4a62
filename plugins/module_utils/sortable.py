# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values of one class in order: what dataclass(order=True) does, but compiled once and not for each class at each start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from typing import Any

_GETTERS: dict[type, Callable[[object], Any]] = {}


class Sortable:
    """A dataclass that is sorted by its fields, the first one first."""

    __slots__ = ()

    def __lt__(self, other: object) -> bool:
        return _values(self) < _values(other) if type(other) is type(self) else NotImplemented


def _values(item: Any) -> Any:
    kind = type(item)
    if kind not in _GETTERS:
        _GETTERS[kind] = attrgetter(*(field.name for field in fields(kind)))
    return _GETTERS[kind](item)
