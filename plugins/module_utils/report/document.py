# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A report before it is HTML or Markdown: sections of paragraphs, tables and figures, with nothing but plain text in
them.

Both writers take the same document, so both tell the same. What is text here is never markup: the writers escape all of
it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from .scene import Scene

GOOD, BAD, WARN, CALM = "good", "bad", "warn", "calm"


@dataclass(frozen=True)
class Cell:
    """One value. `tone`: good, bad, warn or calm, for a mark of that colour (the word says it too); `code`: a name as
    PostgreSQL knows it; `note`: smaller, below."""

    text: str
    tone: str = ""
    code: bool = False
    note: str = ""


@dataclass(frozen=True)
class Paragraph:
    """Sentences."""

    text: str
    tone: str = ""


@dataclass(frozen=True)
class Listing:
    """Points; an empty one is not written."""

    points: tuple[str, ...]


@dataclass(frozen=True)
class Code:
    """Lines to type or to read letter by letter."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table; the first cell of a row names it. `numbers`: the columns that are aligned right."""

    caption: str
    titles: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True)
class Figure:
    """A number that is seen first."""

    label: str
    value: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Figures:
    """Several of them, side by side."""

    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Bar:
    """Shares of a whole, as (name, amount, tone). It adorns a table that holds the same figures, so Markdown has none."""

    shares: tuple[tuple[str, int, str], ...]
    whole: int


@dataclass(frozen=True)
class Picture:
    """A drawing with its caption and what it shows, in sentences, for whoever cannot see it."""

    caption: str
    told: tuple[str, ...]
    scene: Scene


@dataclass(frozen=True)
class Group:
    """A part of a section under a heading of its own, with a mark before it."""

    title: str
    mark: Cell
    blocks: tuple[Block, ...]


Block = Union[Paragraph, Listing, Code, Table, Figures, Bar, Picture, Group]


@dataclass(frozen=True)
class Section:
    """A part with a heading; `name` is its address in the page."""

    name: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """The whole report. `verdict` stands beside the title, `lead` below it."""

    title: str
    verdict: Cell
    lead: str
    figures: Figures
    sections: tuple[Section, ...]
    foot: tuple[str, ...]
