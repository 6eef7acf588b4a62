# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""JSON that somebody may have damaged or forged, read so that nothing unexpected comes out of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any, TypeVar

from .errors import BackupError

LARGEST = 64 * 1024 * 1024  # bytes; a hundred thousand tables need ten million
LONGEST_TEXT = 10_000
LARGEST_NUMBER = 2**63 - 1
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
T = TypeVar("T")


def load(content: bytes, what: str) -> Fields:
    """The one mapping that `content` is. `what` begins each error's sentence, as "the manifest". Raises BackupError."""
    if len(content) > LARGEST:
        raise BackupError(f"{what} has {len(content)} bytes, and more than {LARGEST} are not read")
    try:
        found = json.loads(content.decode("utf-8"), object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        raise BackupError(f"{what} is damaged: {error}") from None
    return Fields(found, what)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no number")


class Fields:
    """A mapping whose values are taken out one by one; `end` refuses what was not asked for."""

    def __init__(self, found: object, what: str) -> None:
        if not isinstance(found, Mapping):
            raise BackupError(f"{what} is damaged: a mapping is expected, not {type(found).__name__}")
        self._left, self.what = dict(found), what

    def _take(self, key: str, kind: type[T]) -> T:
        if key not in self._left:
            raise BackupError(f"{self.what} is damaged: {key} is missing")
        value = self._left.pop(key)
        if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
            raise BackupError(f"{self.what} is damaged: {key} is {type(value).__name__}, not {kind.__name__}")
        return value

    def text(self, key: str, pattern: str = "(?s).+") -> str:
        """A text that `pattern` fits as a whole; by default one that is not empty. Never holds NUL."""
        value = self._take(key, str)
        if len(value) > LONGEST_TEXT or "\0" in value or not re.fullmatch(pattern, value) or not _encodes(value):
            raise BackupError(f"{self.what} is damaged: {key} is {value[:80]!r}")
        return value

    def number(self, key: str, least: int = 0) -> int:
        """A whole number from `least` to 2^63-1."""
        value = self._take(key, int)
        if not least <= value <= LARGEST_NUMBER:
            raise BackupError(f"{self.what} is damaged: {key} is out of range")
        return value

    def fraction(self, key: str) -> float:
        """A number of at least 0, whole or not."""
        value = self._left.get(key)
        if isinstance(value, int):
            return float(self.number(key))
        value = self._take(key, float)
        if not 0 <= value < 1e18:
            raise BackupError(f"{self.what} is damaged: {key} is out of range")
        return value

    def flag(self, key: str) -> bool:
        """True or false."""
        return self._take(key, bool)

    def time(self, key: str) -> datetime:
        """A time in UTC as `time_text` writes it."""
        value = self.text(key)
        try:
            if _TIME.fullmatch(value):
                return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
        except ValueError:
            pass
        raise BackupError(f"{self.what} is damaged: {key} is {value[:80]!r}, not a time like 2026-11-28T02:15:00Z")

    def mapping(self, key: str) -> Fields:
        """A mapping within."""
        return Fields(self._take(key, dict), f"{self.what}: {key}")

    def mapping_or_none(self, key: str) -> Fields | None:
        """A mapping within, or null."""
        if key in self._left and self._left[key] is None:
            del self._left[key]
            return None
        return self.mapping(key)

    def texts(self, key: str) -> tuple[tuple[str, str], ...]:
        """A mapping of texts, as pairs sorted by key."""
        inner = self.mapping(key)
        return tuple(sorted((name, inner.text(name)) for name in list(inner._left)))

    def words(self, key: str, pattern: str = "(?s).+") -> tuple[str, ...]:
        """A list of texts, in its order."""
        values = self._take(key, list)
        return tuple(Fields({key: value}, self.what).text(key, pattern) for value in values)

    def each(self, key: str, read: Callable[[Fields], T]) -> tuple[T, ...]:
        """A list of mappings, each read by `read`, in its order."""
        found = []
        for number, value in enumerate(self._take(key, list), 1):
            inner = Fields(value, f"{self.what}: {key} {number}")
            found.append(read(inner))
            inner.end()
        return tuple(found)

    def end(self) -> None:
        """Raises BackupError where something is left that nobody asked for."""
        if self._left:
            raise BackupError(f"{self.what} is damaged: nobody knows {', '.join(sorted(map(repr, self._left)))[:200]}")


def _encodes(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True


def time_text(time: datetime) -> str:
    """A time as it is written: ISO 8601 in UTC, whole seconds."""
    return time.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def dump(values: Mapping[str, object]) -> bytes:
    """The same values are always the same bytes."""
    return (json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
