# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Cells and words that several sections share."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone

from ..text_table import size
from .document import BAD, CALM, GOOD, WARN, Cell

NOTHING = Cell("–")
TONES = {
    "active": GOOD,
    "needs_creation": BAD,
    "unallocated": WARN,
    "critical": BAD,
    "high": BAD,
    "medium": WARN,
    "low": CALM,
}


def name(text: str | None) -> Cell:
    """The name of something in PostgreSQL."""
    return Cell(text, code=True) if text else NOTHING


def names(found: Iterable[str]) -> Cell:
    """Several names, or a dash."""
    text = ", ".join(found)
    return Cell(text, code=True) if text else NOTHING


def number(value: float | None) -> Cell:
    """A number, or a dash where there is none."""
    return NOTHING if value is None else Cell(f"{value:,}" if isinstance(value, int) else f"{value:,.1f}")


def bytes_of(count: int | None) -> Cell:
    """A size as a person says it."""
    return Cell(size(count) or NOTHING.text)


def mark(word: str) -> Cell:
    """A status or a severity, with its colour."""
    return Cell(word.replace("_", " "), tone=TONES.get(word, CALM))


def listed(found: Iterable[str], last: str = "and") -> str:
    """`a, b and c`."""
    words = list(found)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else ""


def age(then: float, read_at: str) -> str:
    """How long ago a Unix time was, as a person says it; "in the future" where it is more than five minutes ahead."""
    hours = hours_since(then, read_at)
    if hours < -1 / 12:
        return "in the future"
    if hours < 1:
        return "less than an hour ago"
    if hours < 48:
        return f"{hours:.0f} h ago"
    return f"{hours / 24:.0f} days ago"


def hours_since(then: float, read_at: str) -> float:
    """Hours from a Unix time to `read_at` (UTC, ISO 8601)."""
    return (_seconds(read_at) - then) / 3600


def moment(then: float) -> str:
    """A Unix time as UTC."""
    return datetime.fromtimestamp(then, timezone.utc).strftime("%Y-%m-%d %H:%M UTC")


def said(read_at: str) -> str:
    """`2026-01-31T12:00Z` as people write it."""
    return read_at.replace("T", " ").replace("Z", " UTC") if read_at else "never"


def _seconds(read_at: str) -> float:
    return datetime.strptime(read_at, "%Y-%m-%dT%H:%MZ").replace(tzinfo=timezone.utc).timestamp()
