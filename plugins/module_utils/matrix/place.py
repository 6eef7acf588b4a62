# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where in the user's matrix something stands, and how messages speak of it. Knows no key and no rule."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Iterable, Mapping, Sequence

from ..record import record
from ..errors import Problem

LONGEST_SHOWN = 80


class Wrong(Exception):
    """Raised by a kind of value: what is wrong with this one, and what to write instead."""

    def __init__(self, wrong: str, write: str) -> None:
        super().__init__(wrong)
        self.wrong, self.write = wrong, write


@record(frozen=True)
class Place:
    """One value of the matrix: its row, the path of its key, and the list that collects what is wrong."""

    row: str
    key: str
    problems: list[Problem]

    def wrong(self, wrong: str, write: str) -> None:
        """Adds a problem."""
        self.problems.append(Problem(self.row, self.key or "content", wrong, write))

    @property
    def told(self) -> bool:
        """Whether something is known to be wrong here already."""
        return any((problem.row, problem.key) == (self.row, self.key) for problem in self.problems)

    def at(self, key: str) -> Place:
        """The place of the key `key` of the mapping that stands here."""
        return Place(self.row, f"{self.key}.{key}" if self.key else key, self.problems)

    def entry(self, label: str) -> Place:
        """The place of one entry of the list that stands here."""
        return Place(self.row, f"{self.key}[{shown(label)}]", self.problems)


def plain(value: str) -> str:
    """`value` as a mere string, without what a templating engine has hung on it."""
    return str.__str__(value)


def shown(name: str) -> str:
    """A name as messages have it: by itself, its control characters escaped."""
    return plain(name) if name.isprintable() else repr(plain(name))[1:-1]


def kind_of(value: object) -> str:
    """The type of a value, in a user's words."""
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (bool, "a boolean"), ((int, float), "a number"), (str, "text"), (datetime.date, "a date"),
        (Mapping, "a mapping"), (Sequence, "a list"),
    )
    if value is None:
        return "nothing"
    name = type(value).__name__
    known = next((words for types, words in kinds if isinstance(value, types)), f"a {name}")
    return "an undefined variable" if "Undefined" in name or "Marker" in name else known


def quoted(value: object) -> str:
    """A value that is no secret, in a message: text in quotes, numbers and booleans as YAML has them, what is longer
    than a word by its type. Control characters are escaped.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        words = repr(plain(value))
    elif isinstance(value, float) or (isinstance(value, int) and value.bit_length() < 256):
        words = str(value)
    else:
        return kind_of(value)
    return words if len(words) <= LONGEST_SHOWN else f"{words[: LONGEST_SHOWN - 3]}..."


def listed(names: Iterable[str], conjunction: str = "and") -> str:
    """`a, b and c`."""
    *most, last = names
    return f"{', '.join(most)} {conjunction} {last}" if most else last


def hint(name: object, known: Iterable[str]) -> str:
    """` (did you mean X?)`, if somebody who wrote `name` most likely did; else nothing."""
    near = meant(plain(name), known) if isinstance(name, str) else None
    return f" (did you mean {near}?)" if near else ""


def meant(name: str, known: Iterable[str]) -> str | None:
    """The known name that somebody who wrote `name` most likely meant."""
    by_folded = {word.casefold(): word for word in known}
    close = difflib.get_close_matches(name.casefold(), list(by_folded), n=1, cutoff=0.6)
    return by_folded[close[0]] if close else None
