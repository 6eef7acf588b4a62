# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The model of one server: the same typed items whether they come from the matrix or from the catalogs.

A `Model` holds items by type and key; two models are compared item by item (diff.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import TypeVar, Union, cast

from .record import Sortable, record
from .items import (
    Database, DefaultGrant, Door, Extension, Grant, IdentityMap, Key, Membership, Owner, Role, SchemaFile, ServerSetting,
    Session, Setting, Table, Thing)

Item = Union[Role, Membership, Database, Setting, Owner, Grant, DefaultGrant, Extension, Table, Thing, SchemaFile,
             ServerSetting, Session, Door, IdentityMap]
ITEM_TYPES: tuple[type[Item], ...] = (
    Role, Membership, Database, Setting, Owner, Grant, DefaultGrant, Extension, Table, Thing, SchemaFile, ServerSetting,
    Session, Door, IdentityMap)
T = TypeVar("T", bound=Item)


@record(frozen=True, slots=True)
class Change(Sortable):
    """From one item to another with the same key; None is absence. Only the values that differ are meant: changes of
    one item add up."""

    before: Item | None
    after: Item | None

    @property
    def item(self) -> Item:
        """Whichever side is there."""
        return cast("Item", self.before if self.after is None else self.after)

    def patch(self) -> dict[str, object]:
        """The values that differ, by name."""
        if self.before is None or self.after is None:
            return {}
        return {f.name: getattr(self.after, f.name) for f in fields(self.after)
                if getattr(self.after, f.name) != getattr(self.before, f.name)}


class Model:
    """Items by type and key."""

    def __init__(self, items: Iterable[Item] = ()) -> None:
        self._items: dict[type[Item], dict[Key, Item]] = {kind: {} for kind in ITEM_TYPES}
        self._near: dict[type[Item], dict[object, dict[Key, Item]]] = {}  # of the types that were asked for
        self._changes: dict[type[Item], int] = dict.fromkeys(ITEM_TYPES, 0)
        for item in items:
            self.put(item)

    def of(self, kind: type[T]) -> dict[Key, T]:
        """All items of one type, by key."""
        return cast("dict[Key, T]", self._items[cast("type[Item]", kind)])

    def get(self, kind: type[T], *key: object) -> T | None:
        return self.of(kind).get(key)

    def changes(self, kind: type[Item]) -> int:
        """How often items of one type were put or dropped: what was made of them is right as long as it is the same."""
        return self._changes[kind]

    def near(self, kind: type[T], what: object) -> list[T]:
        """The items of one type that belong together, sorted: grants on one object, memberships in one role, sequences
        of one table (database, table), all else of one database."""
        its = cast("type[Item]", kind)
        if its not in self._near:
            groups = self._near[its] = {}
            for key, item in self._items[its].items():
                groups.setdefault(_together(item), {})[key] = item
        return sorted(cast("dict[Key, T]", self._near[its].get(what, {})).values())

    def put(self, item: Item) -> None:
        key = item.key
        self._drop(item, key)
        self._items[type(item)][key] = item
        if type(item) in self._near:
            self._near[type(item)].setdefault(_together(item), {})[key] = item

    def drop(self, item: Item) -> None:
        self._drop(item, item.key)

    def _drop(self, item: Item, key: Key) -> None:
        self._changes[type(item)] += 1
        present = self._items[type(item)].pop(key, None)
        if present is not None and type(item) in self._near:
            self._near[type(item)][_together(present)].pop(key)

    def copy(self) -> Model:
        new = Model()
        new._items = {kind: dict(items) for kind, items in self._items.items()}
        return new

    def __iter__(self) -> Iterator[Item]:
        """All items, sorted within their type."""
        for kind in ITEM_TYPES:
            yield from sorted(self._items[kind].values())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Model) and self._items == other._items


def _together(item: Item) -> object:
    """By what `near` finds it."""
    if isinstance(item, Grant):
        return item.obj
    if isinstance(item, Membership):
        return item.role
    if isinstance(item, Owner):
        return (item.obj.database, item.linked)
    return getattr(item, "database", None)
