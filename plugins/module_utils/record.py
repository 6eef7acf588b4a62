# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""dataclass(frozen=True) for what every run imports. That writes and compiles six methods for each class, at each start;
this does so with `__init__` alone, and the others are the same for all. See docs/decisions/record.md.

That nobody changes an instance the type checker sees to, and not the running program.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any

__all__ = ["Sortable", "record"]

if TYPE_CHECKING:
    from dataclasses import dataclass as record
else:

    def record(*, frozen: bool, slots: bool = False) -> Callable[[type], type]:
        """As dataclass, with its options. Raises TypeError unless `frozen`: instances are keys."""
        if not frozen:
            raise TypeError("records are frozen")

        def made(plain: type) -> type:
            cls = dataclass(eq=False, repr=False, slots=slots)(plain)
            names = [one.name for one in fields(cls) if one.compare]
            values = attrgetter(*names) if names else lambda _record: ()

            def equals(self: object, other: object) -> Any:
                return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

            def hashed(self: object) -> int:
                return hash(values(self))

            for name, method in (("__eq__", equals), ("__hash__", hashed), ("__repr__", _shown)):
                if name not in plain.__dict__:
                    setattr(cls, name, method)
            return cls

        return made


def _shown(self: Any) -> str:
    told = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{type(self).__qualname__}({told})"


_GETTERS: dict[type, Callable[[object], Any]] = {}


class Sortable:
    """A record that is sorted by its fields, the first one first."""

    __slots__ = ()

    def __lt__(self, other: object) -> bool:
        return _values(self) < _values(other) if type(other) is type(self) else NotImplemented


def _values(item: Any) -> Any:
    kind = type(item)
    if kind not in _GETTERS:
        _GETTERS[kind] = attrgetter(*(field.name for field in fields(kind)))
    return _GETTERS[kind](item)
