"""Which characters make a word: PostgreSQL's rule, for every character of ASCII and for the first and last beyond it."""

from __future__ import annotations

import string

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema.lexer import WORD, tokens

BEYOND = "\u0080\u00e4\u00ff\u0100\u2028\uffff\U00010000\U0010ffff"
BEGINS = string.ascii_letters + "_" + BEYOND
GOES_ON = BEGINS + string.digits + "$"


@pytest.mark.parametrize("character", [*map(chr, range(1, 128)), *BEYOND])
def test_what_is_a_letter(character: str) -> None:
    """https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS"""
    first, rest = ([(token.kind, token.start, token.end) for token in tokens(text)] for text in (character, f"x{character}"))
    assert ((WORD, 0, 1) in first) == (character in BEGINS)
    assert ((WORD, 0, 2) in rest) == (character in GOES_ON)


@pytest.mark.parametrize("tag", ["", "x", "_1", "\u00e4\U0010ffff9"])
def test_what_is_a_tag(tag: str) -> None:
    """A string between dollar signs ends with its own tag alone."""
    text = f"${tag}$ it's $other$ ${tag}$"
    assert [(token.start, token.end) for token in tokens(text)] == [(0, len(text))]


def test_what_is_no_tag() -> None:
    """A tag begins with no digit and holds no dollar sign."""
    assert [token.value for token in tokens("$1$x")][0] == "$"
