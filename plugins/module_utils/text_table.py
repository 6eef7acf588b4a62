# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Text that a person reads in a terminal: aligned tables, sizes, counted nouns."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

GAP = "  "


def table(titles: Sequence[str], rows: Sequence[Sequence[object]], indent: str = "") -> list[str]:
    """The lines of a table. Columns in which every value is a number, or starts with one, are aligned right.

    None is shown as a dash. Control characters in a value are shown as `?`, so that no name can move the cursor.
    """
    cells = [[cell(value) for value in row] for row in rows]
    widths = [max(width(line[column]) for line in [list(titles), *cells]) for column in range(len(titles))]
    right = [bool(cells) and all(line[column][:1].isdigit() or line[column] == "-" for line in cells)
             for column in range(len(titles))]
    lines = []
    for line in [list(titles), *cells]:
        padded = [" " * (size - width(text)) + text if number else text + " " * (size - width(text))
                  for text, size, number in zip(line, widths, right, strict=True)]
        lines.append((indent + GAP.join(padded)).rstrip())
    return lines


def cell(value: object) -> str:
    """One value as it stands in a table or a sentence."""
    if value is None or value == "":
        return "-"
    return "".join("?" if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char for char in str(value))


def width(text: str) -> int:
    """How many columns of a terminal `text` takes."""
    return sum(0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
               for char in text)


def size(count: int | None) -> str | None:
    """Bytes as a person says them; None stays None."""
    if count is None:
        return None
    amount, unit = float(count), "B"
    for bigger in ("kB", "MB", "GB", "TB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, bigger
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 10 else f"{amount:.1f} {unit}"


def counted(count: int, noun: str) -> str:
    """`1 table`, `3 tables`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
