# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the text of a schema file says: what in it cannot run, and which tables it makes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from .lexer import BACKSLASH, QUOTED, UNCLOSED, Statement, Token, copies_from_client, line_of, statements

_TRANSACTION = "is a transaction command, and the file is one transaction already: delete it"
_OUTSIDE = "cannot run inside a transaction: let an operator run it"
_NOT_OWNERS = "is the superuser's work: it belongs into the matrix or into the server's configuration"

# The first words of statements that are refused, and why.
_REFUSED: tuple[tuple[tuple[str, ...], str], ...] = (
    (("begin",), _TRANSACTION),
    (("start", "transaction"), _TRANSACTION),
    (("commit",), _TRANSACTION),
    (("end",), _TRANSACTION),
    (("rollback",), _TRANSACTION),
    (("abort",), _TRANSACTION),
    (("savepoint",), _TRANSACTION),
    (("release",), _TRANSACTION),
    (("prepare", "transaction"), _TRANSACTION),
    (("vacuum",), _OUTSIDE),
    (("discard", "all"), _OUTSIDE),
    (("reindex", "schema"), _OUTSIDE),
    (("reindex", "database"), _OUTSIDE),
    (("reindex", "system"), _OUTSIDE),
    (("create", "database"), _NOT_OWNERS),
    (("drop", "database"), _NOT_OWNERS),
    (("create", "tablespace"), _NOT_OWNERS),
    (("drop", "tablespace"), _NOT_OWNERS),
    (("alter", "system"), _NOT_OWNERS),
)
_ROLES = ("role", "user", "group")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NAME_BYTES = 63


def refusals(path: str, text: str) -> list[str]:
    """What cannot run in one transaction over a driver, one sentence each with file and line; empty: nothing."""
    if "\0" in text:
        return [f"{path}:{line_of(text, text.index(chr(0)))}: this holds a NUL byte: it is no text"]
    surrogate = _SURROGATE.search(text)  # what Ansible makes of a byte that is not UTF-8
    if surrogate is not None:
        return [f"{path}:{line_of(text, surrogate.start())}: this is not UTF-8: save the file in UTF-8"]
    if text.startswith("\ufeff"):
        return [f"{path}:1: this begins with a byte order mark, which the server takes for a letter: save the file without"]
    found = (finding for statement in statements(text) for finding in _statement_refusals(statement))
    return [f"{path}:{line_of(text, offset)}: {wrong}" for offset, wrong in found]


def created_tables(text: str) -> frozenset[tuple[str | None, str]]:
    """(schema or None, table) of the CREATE TABLE statements in `text`: a forecast, blind to what functions make."""
    names = (_created_table(statement) for statement in statements(text))
    return frozenset(name for name in names if name is not None)


def _statement_refusals(statement: Statement) -> Iterator[tuple[int, str]]:
    """(offset, what is wrong) for one statement."""
    wrong = _wrong(statement)
    if wrong is not None:
        yield statement.start, wrong
    if statement.tokens[-1].kind == UNCLOSED:
        yield statement.tokens[-1].start, "what is opened here (a quote or a comment) never ends"


def _wrong(statement: Statement) -> str | None:
    words = statement.words
    for prefix, reason in _REFUSED:
        if words[: len(prefix)] == prefix:
            return f"{' '.join(prefix).upper()} {reason}"
    if statement.tokens[0].kind == BACKSLASH:
        return "a backslash here is a command to psql, which the server does not know: delete the line"
    if words == ("cluster",):
        return f"CLUSTER without a table {_OUTSIDE}"
    if copies_from_client(statement.tokens) or (words[0] == "copy" and ("to", "stdout") in pairwise(words)):
        return "COPY from or to the client needs psql: write INSERT"
    if words[0] in ("create", "drop", "alter", "reindex") and "concurrently" in words:
        return f"CONCURRENTLY {_OUTSIDE}, or leave the word out"
    if words[0] in ("create", "alter") and words[1:2] and words[1] in _ROLES and "password" in words:
        return "a password does not belong into a schema file: the matrix has it"
    return None


def _created_table(statement: Statement) -> tuple[str | None, str] | None:
    rest = list(statement.tokens)
    if rest.pop(0).value != "create":
        return None
    while rest and rest[0].value in ("global", "local", "unlogged"):
        rest.pop(0)
    if not rest or rest.pop(0).value != "table":  # a temporary one ends here too
        return None
    if [token.value for token in rest[:3]] == ["if", "not", "exists"]:
        del rest[:3]
    match rest:
        case [schema, Token(value="."), table, *_]:
            return _name(schema), _name(table)
        case [table, *_]:
            return None, _name(table)
    return None


def _name(token: Token) -> str:
    """The name that the server makes of an identifier."""
    name = token.value
    if token.kind == QUOTED:
        name = name[name.index('"') + 1 : -1].replace('""', '"')
    return name.encode("utf-8")[:_NAME_BYTES].decode("utf-8", "ignore")
