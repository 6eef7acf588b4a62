# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whatever a name holds, it stays text: in HTML, and in Markdown.

The owner of a table chooses its name, and messages repeat it.
"""

from __future__ import annotations

import html
import re

from ..text_table import cell

# marks that turn the direction of what follows, and with it the meaning of a line
TURNING = re.compile("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
ACTIVE = re.compile(r"([\\`*_\[\]#|~!&<>@$])")
LINKS = re.compile(r"(?i)(https?|ftp|mailto|xmpp)(:)|\b(www)(\.)")


def plain(text: str) -> str:
    """Text without what moves the cursor or the direction of writing; what was there shows as a question mark."""
    return TURNING.sub("?", cell(text)) if text else ""


def in_html(text: str) -> str:
    """Text for an element or a quoted attribute."""
    return html.escape(plain(text), quote=True)


def in_markdown(text: str) -> str:
    """Text that CommonMark and GitHub's dialect show as it is: no markup, no link, no row of a table."""
    kept = ACTIVE.sub(r"\\\1", plain(text).strip())
    kept = LINKS.sub(lambda found: "".join(("\\" + part if part in ":." else part) for part in found.groups() if part), kept)
    kept = re.sub(r"^([-+=])", r"\\\1", kept)
    return re.sub(r"^(\d+)([.)])(?=\s|$)", r"\1\\\2", kept)


def code_in_markdown(text: str, in_table: bool = False) -> str:
    """A code span. Its fence is longer than any inside, and a bar does not end the cell of a table."""
    kept = plain(text)
    fence = "`" * (max(map(len, re.findall("`+", kept)), default=0) + 1)
    pad = " " if kept.startswith("`") or kept.endswith("`") else ""
    return f"{fence}{pad}{kept.replace('|', chr(92) + '|') if in_table else kept}{pad}{fence}"
