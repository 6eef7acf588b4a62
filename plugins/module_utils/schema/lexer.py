# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PostgreSQL's lexical rules, as far as one needs them to tell statements, strings and comments apart.

https://www.postgresql.org/docs/current/sql-syntax-lexical.html, with standard_conforming_strings on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from ..record import record

WORD, QUOTED, STRING, NUMBER, SYMBOL = "word", "quoted", "string", "number", "symbol"
BACKSLASH, UNCLOSED = "backslash", "unclosed"

# A letter is one of ASCII, the underscore, or anything beyond ASCII: told by what is none, for a class with so wide a
# range takes re milliseconds to compile.
_NONE = r"\[-^`{-\x7f"
_LETTER, _OR_DIGIT, _OR_DOLLAR = (rf"[^{others}{_NONE}]" for others in (r"\x00-@", r"\x00-/:-@", r"\x00-#%-/:-@"))
_PATTERNS = (
    ("space", r"[ \t\n\r\f\v]+"),
    ("comment", r"--[^\n\r]*"),
    ("block", r"/\*"),
    ("escape", r"[eE]'"),
    (STRING, r"(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*'"),
    (QUOTED, r'(?:[uU]&)?"(?:[^"]|"")*"'),
    ("dollar", rf"\$(?:{_LETTER}{_OR_DIGIT}*)?\$"),
    (WORD, rf"{_LETTER}{_OR_DOLLAR}*"),
    (NUMBER, r"[0-9][0-9A-Za-z_]*"),
    (BACKSLASH, r"\\[^\n\r]*"),  # a command to psql, to the end of its line
    (UNCLOSED, r"""['"]"""),  # what no pattern above could close
    (SYMBOL, r"."),
)
_TOKEN = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _PATTERNS), re.DOTALL)
_COMMENT_MARK = re.compile(r"/\*|\*/")
_ESCAPE_REST = re.compile(r"(?:[^'\\]|\\.|'')*'", re.DOTALL)
# Strings with nothing but a line break between them are one string, and the second part obeys the rules of the first.
_CONTINUED = re.compile(r"[ \t\f\v]*(?:--[^\n\r]*)?[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*[\n\r])*'")


class Token(NamedTuple):
    """A piece of a statement: `value` is lower case for a word, and as it stands in the text for the rest."""

    kind: str
    value: str
    start: int
    end: int


@record(frozen=True)
class Statement:
    """One statement: its tokens, and where it stands in the text (without the semicolon)."""

    tokens: tuple[Token, ...]

    @property
    def start(self) -> int:
        """The offset of its first character."""
        return self.tokens[0].start

    @property
    def end(self) -> int:
        """The offset behind its last character."""
        return self.tokens[-1].end

    @property
    def words(self) -> tuple[str, ...]:
        """What each token says; only an unquoted word can equal a key word, for the rest is marked by a quote."""
        return tuple(token.value for token in self.tokens)


def line_of(text: str, offset: int) -> int:
    """The number of the line in which the character at `offset` stands, counted from 1."""
    return text.count("\n", 0, offset) + 1


def tokens(text: str, position: int = 0) -> Iterator[Token]:
    """All tokens of `text` from `position` on, but space and comments.

    A quote or comment that never ends is one token `unclosed`.
    """
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:  # cannot be: the last pattern takes any character
            return
        kind, end = str(match.lastgroup), match.end()
        if kind == "block":
            kind, end = _block_comment(text, position)
        elif kind == "escape":
            kind, end = _escape_string(text, end)
        elif kind == "dollar":
            kind, end = _dollar_string(text, match[0], end)
        elif kind == UNCLOSED:
            end = len(text)
        if kind not in ("space", "comment"):
            value = text[position:end]
            yield Token(kind, _lower(value) if kind == WORD else value, position, end)
        position = end


def statements(text: str) -> Iterator[Statement]:
    """The statements of `text`; a command to psql counts as one, wherever it stands.

    Rows behind a COPY ... FROM STDIN are passed over, up to their line of backslash and dot.
    """
    found: list[Token] = []
    depth = _Depth()
    stream = tokens(text)
    while (token := next(stream, None)) is not None:
        if token.kind == BACKSLASH:
            yield Statement((token,))
        elif token.value == ";" and depth.zero:
            if found:
                yield Statement(tuple(found))
                if copies_from_client(found):
                    stream = tokens(text, _end_of_rows(text, token.end))
            found, depth = [], _Depth()
        else:
            depth.take(token, found)
            found.append(token)
    if found:
        yield Statement(tuple(found))


def copies_from_client(found: Sequence[Token]) -> bool:
    """Whether a statement of these tokens is a COPY that wants rows from its client."""
    words = [token.value for token in found]
    return words[0] == "copy" and ("from", "stdin") in pairwise(words)


class _Depth:
    """How deep a token stands in parentheses and in a function's body between BEGIN ATOMIC and END."""

    def __init__(self) -> None:
        self._parentheses = 0
        self._blocks = 0

    @property
    def zero(self) -> bool:
        """Whether a semicolon here ends the statement."""
        return self._parentheses <= 0 and self._blocks == 0

    def take(self, token: Token, before: list[Token]) -> None:
        """Count `token`, which follows `before` in its statement."""
        if token.kind == SYMBOL:
            self._parentheses += {"(": 1, ")": -1}.get(token.value, 0)
        elif token.kind == WORD and before:
            if token.value == "atomic" and before[-1].value == "begin" and _makes_routine(before):
                self._blocks = 1
            elif self._blocks and before[-1].value not in (".", "as"):  # t.end and AS "end" are names
                self._blocks += {"case": 1, "end": -1}.get(token.value, 0)


def _makes_routine(found: list[Token]) -> bool:
    words = [token.value for token in found[:4]]
    if words[1:3] == ["or", "replace"]:
        del words[1:3]
    return words[0] == "create" and words[1] in ("function", "procedure")


def _block_comment(text: str, start: int) -> tuple[str, int]:
    depth = 0
    for mark in _COMMENT_MARK.finditer(text, start):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return "comment", mark.end()
    return UNCLOSED, len(text)


def _escape_string(text: str, position: int) -> tuple[str, int]:
    """The end of a string E'...', `position` being behind its first quote."""
    while True:
        rest = _ESCAPE_REST.match(text, position)
        if rest is None:
            return UNCLOSED, len(text)
        continued = _CONTINUED.match(text, rest.end())
        if continued is None:
            return STRING, rest.end()
        position = continued.end()


def _dollar_string(text: str, tag: str, position: int) -> tuple[str, int]:
    end = text.find(tag, position)
    return (UNCLOSED, len(text)) if end < 0 else (STRING, end + len(tag))


def _end_of_rows(text: str, position: int) -> int:
    end = re.compile(r"^\\\.[ \t\r]*$", re.MULTILINE).search(text, position)
    return len(text) if end is None else end.end()


def _lower(word: str) -> str:
    """Lower case as the server makes it: ASCII letters only."""
    return re.sub("[A-Z]+", lambda letters: letters[0].lower(), word)
