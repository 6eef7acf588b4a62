# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lists and mappings of the matrix: they read every entry and collect what is wrong, so that all is told at once."""

# pylint: disable=invalid-field-call  # a record is a dataclass
from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any, Protocol, Union

from ..record import record
from .place import Place, Wrong, kind_of, listed, meant, plain, quoted


class Container(Protocol):
    """A kind of value that has places of its own inside."""

    def read(self, value: object, place: Place) -> object: ...


Kind = Union[Callable[[object], Any], Container]


def read(kind: Kind, value: object, place: Place) -> object:
    """`value` as the given kind has it; None, once the place knows what is wrong."""
    if not callable(kind):
        return kind.read(value, place)
    try:
        return kind(value)
    except Wrong as wrong:
        place.wrong(wrong.wrong, wrong.write)
        return None


@record(frozen=True)
class Field:
    """A key of a mapping. `required` and `allowed` may be sets of variants of the mapping: a row's statuses, a server's
    being managed or not. `example` is what a message tells to write where the key is missing.
    """

    kind: Kind
    required: bool | frozenset[str] = False
    allowed: bool | frozenset[str] = True
    example: str = ""
    null: bool = True  # whether null is the same as no key


Table = Mapping[str, Field]


@record(frozen=True)
class ListOf:
    """A list, every entry of one kind; a word that stands in it twice counts once. Messages know an entry by its key
    `label` or by its number, from 1. With `or_one` a single text may stand for a list of one.
    """

    kind: Kind
    label: str = ""
    or_one: bool = False

    def read(self, value: object, place: Place) -> tuple[object, ...] | None:
        """The entries that are right."""
        if self.or_one and isinstance(value, str):
            value = [value]
        if not isinstance(value, Sequence) or isinstance(value, (str, bytes, bytearray)):
            place.wrong(f"is {kind_of(value)}, not a list", "write a list, such as [a, b], or [] for none")
            return None
        entries = [read(self.kind, entry, place.entry(label(entry, self.label, n))) for n, entry in enumerate(value, 1)]
        right = [entry for entry in entries if entry is not None]
        return tuple(dict.fromkeys(right) if all(isinstance(entry, str) for entry in right) else right)


def label(entry: object, key: str, number: int) -> str:
    """How messages call an entry of a list: by what stands under `key`, else by its number."""
    known = entry.get(key) if key and isinstance(entry, Mapping) else None
    return plain(known) if isinstance(known, str) and known.strip() else str(number)


@record(frozen=True)
class Record:
    """A mapping with known keys that becomes a typed value. `defaults` stand in for required keys that are missing or
    wrong, so that the rest can still be judged.
    """

    table: Table
    make: Callable[..., Any]
    defaults: Mapping[str, Any] = field(default_factory=dict)

    def read(self, value: object, place: Place) -> object:
        """The typed value, whole or with stand-ins."""
        found = read_keys(value, self.table, place)
        return None if found is None else self.make(**{**self.defaults, **found})

    def __hash__(self) -> int:
        return id(self)


@record(frozen=True)
class Settings:
    """A mapping of PostgreSQL settings, sorted by name in small letters."""

    value: Kind

    def read(self, value: object, place: Place) -> tuple[tuple[str, str], ...] | None:
        """Pairs of name and value."""
        if not isinstance(value, Mapping):
            place.wrong(f"is {kind_of(value)}, not a mapping", "write a mapping, such as {statement_timeout: 5s}")
            return None
        found: dict[str, str] = {}
        for key, given in value.items():
            if not isinstance(key, str) or not re.fullmatch(r"[a-zA-Z_][\w$]*(\.[a-zA-Z_][\w$]*)?", key, re.ASCII):
                place.wrong(f"{quoted(key)} is no name of a setting", "write a name such as statement_timeout")
                continue
            if plain(key).lower() in found:
                place.wrong(f"{plain(key).lower()} stands twice, in different letter case", "take one away")
            found[plain(key).lower()] = str(read(self.value, given, place.at(plain(key))) or "")
        return tuple(sorted(found.items()))


def read_keys(
    value: object, table: Table, place: Place, variant: str = "", because: str = ""
) -> dict[str, Any] | None:
    """The keys of a mapping that are there and right. `variant` is the mapping's, "" where it is not known; `because`
    is how messages call it: "status retired".
    """
    if not isinstance(value, Mapping):
        needed = [key for key, known in table.items() if known.required] or table
        place.wrong(f"is {kind_of(value)}, not a mapping", f"write a mapping with the keys {listed(needed)}")
        return None
    found: dict[str, Any] = {}
    for key, given in value.items():
        known = table.get(key) if isinstance(key, str) else None
        if known is None:
            _unknown(key, table, place)
        elif given is None and known.null:
            continue
        elif not _among(variant, known.allowed):
            if given is False or given in ([], (), {}):
                continue  # says nothing that could contradict
            place.at(plain(key)).wrong(f"contradicts {because}", "take the key away")
        else:
            found[plain(key)] = read(known.kind, given, place.at(plain(key)))
    for key, known in table.items():
        if known.required and (key not in value or (value[key] is None and known.null)):
            _missing(key, known, place, variant, because)
    return {key: given for key, given in found.items() if given is not None}


def _among(variant: str, variants: bool | frozenset[str]) -> bool:
    return variants if isinstance(variants, bool) else not variant or variant in variants


def _unknown(key: object, table: Table, place: Place) -> None:
    near = meant(plain(key), table) if isinstance(key, str) else None
    said = plain(key) if isinstance(key, str) and key.isprintable() and key.strip() else quoted(key)
    write = f"did you mean {near}?" if near else f"take it away, or write one of {listed(table)}"
    place.at(said).wrong("is no key that is known here", write)


def _missing(key: str, known: Field, place: Place, variant: str, because: str) -> None:
    if known.required is True:
        place.at(key).wrong("is missing", f"write {known.example}")
    elif variant and _among(variant, known.required):
        place.at(key).wrong(f"is missing, and {because} needs it", f"write {known.example}")
