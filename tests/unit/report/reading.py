"""What a reader of the page sees: the words of HTML, and of Markdown once it is shown."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from markdown_it import MarkdownIt

UNSEEN = {"style", "title", "svg", "nav", "head"}
VOID = {"meta", "br", "hr", "link", "img"}


class Page(HTMLParser):
    """Words that are seen, tags, attributes, and whether every element is closed in its turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.words: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.drawn: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        hidden = tag in UNSEEN or ("aria-hidden", "true") in attrs or ("class", "skip") in attrs
        if tag not in VOID:
            self.open.append((tag, hidden))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag, tag

    def handle_data(self, data: str) -> None:
        found = re.findall(r"[^\s():*]+", data)
        if not any(hidden for _tag, hidden in self.open):
            self.words += found
        elif any(tag == "svg" for tag, _hidden in self.open):
            self.drawn += found

    @property
    def figures(self) -> list[str]:
        """All numbers that are seen, in their order."""
        return re.findall(r"\d+(?:[.,]\d+)*", " ".join(self.words))


def shown(markdown: str) -> Page:
    """Markdown as GitHub's dialect shows it, with raw HTML and bare links allowed: so whatever gets through is seen."""
    return Page(MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(markdown))
