# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A document as one HTML page that needs nothing else: no script, no font, no picture from anywhere."""

from __future__ import annotations

from .document import Bar, Block, Cell, Code, Document, Figure, Figures, Listing, Paragraph, Picture, Section, Table
from .escape import in_html
from .picture import LOGO, svg
from .style import STYLE

SHORT = 26  # characters that are never broken in two
# Even if something slipped through, nothing runs and nothing is fetched
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def html(document: Document) -> str:
    """The whole page."""
    title, lead = in_html(document.title), in_html(document.lead)
    links = "".join(f'<li><a href="#{section.name}">{in_html(section.title)}</a></li>' for section in document.sections)
    body = "\n".join(map(_section, document.sections))
    foot = "".join(f"<p>{in_html(line)}</p>" for line in document.foot)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{title}: {in_html(document.verdict.text)}</title>
<style>{STYLE}</style>
</head>
<body>
<a class="skip" href="#content">To the content</a>
<header>
<div class="head">{LOGO}<div><h1>{title}</h1><p class="lead">{lead}</p></div>
<p class="verdict {document.verdict.tone}">{in_html(document.verdict.text)}</p></div>
</header>
<nav aria-label="Sections"><ul>{links}</ul></nav>
<main id="content">
<section aria-label="At a glance">{_figures(document.figures)}</section>
{body}
</main>
<footer>{foot}</footer>
</body>
</html>
"""


def _section(section: Section) -> str:
    inner = "\n".join(_block(block, section.name) for block in section.blocks)
    heading = f'<h2 id="{section.name}-title">{in_html(section.title)}</h2>'
    return f'<section id="{section.name}" aria-labelledby="{section.name}-title">\n{heading}\n{inner}\n</section>'


def _block(block: Block, name: str) -> str:
    if isinstance(block, Paragraph):
        return f'<p class="said {block.tone}">{in_html(block.text)}</p>' if block.tone else f"<p>{in_html(block.text)}</p>"
    if isinstance(block, Listing):
        return f"<ul>{''.join(f'<li>{in_html(point)}</li>' for point in block.points)}</ul>" if block.points else ""
    if isinstance(block, Code):
        lines = "\n".join(map(in_html, block.lines))
        return f'<pre tabindex="0"><code>{lines}</code></pre>'
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Figures):
        return _figures(block)
    if isinstance(block, Bar):
        return _bar(block)
    if isinstance(block, Picture):
        return _picture(block, name)
    inner = "\n".join(_block(one, name) for one in block.blocks)
    heading = f"<h3>{_mark(block.mark)} {in_html(block.title)}</h3>"
    return f'<article class="group {block.mark.tone}">\n{heading}\n{inner}\n</article>'


def _picture(block: Picture, name: str) -> str:
    told = "".join(f"<li>{in_html(line)}</li>" for line in block.told)
    return (
        f'<figure>\n<div class="picture" tabindex="0" role="region" aria-label="{in_html(block.caption)}, the picture">'
        f"{svg(block.scene, name, block.caption)}</div>\n<figcaption><strong>{in_html(block.caption)}</strong>"
        f'<ul id="{name}-told">{told}</ul></figcaption>\n</figure>'
    )


def _figures(block: Figures) -> str:
    return f'<dl class="figures">{"".join(map(_figure, block.figures))}</dl>'


def _figure(one: Figure) -> str:
    note = f'<dd class="note">{in_html(one.note)}</dd>' if one.note else ""
    label, value = f"<dt>{in_html(one.label)}</dt>", f'<dd class="value">{in_html(one.value)}</dd>'
    return f'<div class="figure {one.tone}">{label}{value}{note}</div>'


def _bar(block: Bar) -> str:
    """It holds nothing that the table beside it does not, so no text alternative."""
    shares = "".join(
        f'<span class="{tone}" style="flex:{amount}">{in_html(name) if amount * 8 >= block.whole else ""}</span>'
        for name, amount, tone in block.shares
        if amount
    )
    return f'<div class="bar" aria-hidden="true">{shares}</div>'


def _table(block: Table) -> str:
    """On a narrow screen a row becomes a card, so the roles that display would take away are written out."""
    titles = "".join(
        f'<th scope="col" role="columnheader"{_right(block, column)}>{in_html(title)}</th>'
        for column, title in enumerate(block.titles)
    )
    rows = "\n".join(f'<tr role="row">{_cells(block, row)}</tr>' for row in block.rows)
    return (
        f'<table role="table">\n<caption>{in_html(block.caption)}</caption>\n'
        f'<thead role="rowgroup"><tr role="row">{titles}</tr></thead>\n<tbody role="rowgroup">\n{rows}\n</tbody>\n</table>'
    )


def _cells(block: Table, row: tuple[Cell, ...]) -> str:
    first = f'<th scope="row" role="rowheader"{_right(block, 0)}>{_cell(row[0])}</th>'
    return first + "".join(
        f'<td role="cell" data-title="{in_html(block.titles[column])}"{_right(block, column)}>{_cell(cell)}</td>'
        for column, cell in enumerate(row)
        if column
    )


def _right(block: Table, column: int) -> str:
    return ' class="number"' if column in block.numbers else ""


def _cell(cell: Cell) -> str:
    text = (
        _mark(cell)
        if cell.tone
        else f"<code{_short(cell.text)}>{in_html(cell.text)}</code>"
        if cell.code
        else f"<span>{in_html(cell.text)}</span>"
    )
    return f"{text} <small{_short(cell.note)}>{in_html(cell.note)}</small>" if cell.note else text


def _short(text: str) -> str:
    """A short one is never broken in two."""
    return ' class="short"' if len(text) <= SHORT else ""


def _mark(cell: Cell) -> str:
    kind = f"mark {cell.tone} short" if len(cell.text) <= SHORT else f"mark {cell.tone}"
    return f'<span class="{kind}">{in_html(cell.text)}</span>'
