# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A document as Markdown, as GitHub and CommonMark with tables show it."""

from __future__ import annotations

import re

from .document import Bar, Block, Cell, Code, Document, Figures, Listing, Paragraph, Picture, Section, Table
from .escape import code_in_markdown, in_markdown, plain


def markdown(document: Document) -> str:
    """The whole text."""
    parts = [
        f"# {in_markdown(document.title)}",
        in_markdown(document.lead),
        f"**{in_markdown(document.verdict.text)}**",
        _block(document.figures, 2),
    ]
    parts += [_section(section) for section in document.sections]
    parts += ["---", *map(in_markdown, document.foot)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _section(section: Section) -> str:
    return "\n\n".join([f"## {in_markdown(section.title)}", *filter(None, (_block(block, 3) for block in section.blocks))])


def _block(block: Block, level: int) -> str:
    if isinstance(block, Paragraph):
        return in_markdown(block.text)
    if isinstance(block, Listing):
        return "\n".join(f"- {in_markdown(point)}" for point in block.points)
    if isinstance(block, Code):
        return _code(block)
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Figures):
        return "\n".join(
            f"- {in_markdown(one.label)}: **{in_markdown(one.value)}**" + (f" ({in_markdown(one.note)})" if one.note else "")
            for one in block.figures
        )
    if isinstance(block, Picture):
        return "\n\n".join([f"**{in_markdown(block.caption)}**", "\n".join(f"- {in_markdown(line)}" for line in block.told)])
    if isinstance(block, Bar):
        return ""  # the table beside it holds its figures
    head = f"{'#' * level} {in_markdown(block.mark.text)}: {in_markdown(block.title)}"
    return "\n\n".join([head, *filter(None, (_block(inner, level + 1) for inner in block.blocks))])


def _code(block: Code) -> str:
    lines = [plain(line) for line in block.lines]
    fence = "`" * max(3, max((len(run) for line in lines for run in re.findall("`+", line)), default=0) + 1)
    return "\n".join([fence, *lines, fence])


def _table(block: Table) -> str:
    ends = ["---:" if column in block.numbers else "---" for column in range(len(block.titles))]
    lines = [f"| {' | '.join(map(in_markdown, block.titles))} |", f"| {' | '.join(ends)} |"]
    lines += [f"| {' | '.join(map(_cell, row))} |" for row in block.rows]
    return "\n".join([f"**{in_markdown(block.caption)}**", "", *lines])


def _cell(cell: Cell) -> str:
    text = code_in_markdown(cell.text, in_table=True) if cell.code else in_markdown(cell.text)
    return f"{text} ({in_markdown(cell.note)})" if cell.note else text
