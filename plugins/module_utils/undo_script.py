# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An undo file is read and executed. It holds verifiers: no statement of it is shown, and none reaches a log."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import locks
from .catalog.session import Server, ServerAbsent
from .errors import GoodNeighborError, ServerError
from .schema.lexer import UNCLOSED, line_of, statements

_NAME = r'"(?:[^"]|"")+"'
_TABLE = re.compile(rf"ALTER TABLE ({_NAME}\.{_NAME}) OWNER TO ")
Group = tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Section:
    """What is to be executed in one database: groups of statements (with their lines in the file) that go together."""

    database: str
    groups: tuple[Group, ...] = field(repr=False)

    @property
    def count(self) -> int:
        """How many statements."""
        return sum(map(len, self.groups))


@dataclass(frozen=True)
class Left:
    """What was not taken back: from which line on, in which database, and why. `gone`: it is not there any more; the rest
    can be tried again."""

    line: int
    database: str
    why: str
    gone: bool

    def __str__(self) -> str:
        return f"line {self.line}, in database {self.database}: {self.why}"


def sections(text: str) -> list[Section]:
    """The parts of an undo file, in their order. Raises GoodNeighborError where it is none."""
    found: list[tuple[str, list[list[tuple[int, str]]]]] = []
    for line, statement, apart in _numbered(text):
        if statement.startswith("\\connect "):
            found.append((_name(statement.removeprefix("\\connect ")), []))
        elif statement.startswith("\\set "):
            continue  # for psql
        elif statement.startswith("\\") or not found:
            raise GoodNeighborError(f"line {line} is none that a run of Good Neighbor wrote; play the file with psql")
        else:
            groups = found[-1][1]
            if apart or not groups:
                groups.append([])
            groups[-1].append((line, statement))
    return [Section(database, tuple(map(tuple, groups))) for database, groups in found]


def play(server: Server, parts: Sequence[Section]) -> list[Left]:
    """Executes the sections, each in one transaction, or where its locks are not to be had, group by group; what could not
    be taken back.

    Nobody queues behind it (locks.py), and what was dropped since does not hold up the rest. Raises ServerError that names
    the line where the server refuses anything else; then what ran before it stays, and the file can be played again.
    """
    left: list[Left] = []
    for part in parts:
        try:
            connection = server.connect(part.database)
        except ServerAbsent:
            raise
        except ServerError as error:
            left.append(Left(part.groups[0][0][0] if part.groups else 0, part.database, str(error), False))
            continue
        try:
            left += _section(connection.cursor(), part)
        finally:
            connection.close()
    return left


def _section(cursor: Any, part: Section) -> list[Left]:
    def together(groups: Sequence[Group]) -> None:
        _transaction(cursor, part.database, [numbered for group in groups for numbered in group])

    if not locks.tried(together, [part.groups]):
        return []
    failed = locks.tried(together, [(group,) for group in part.groups])
    return [Left(group[0][0], part.database, str(error), error.gone) for (group,), error in failed]


def _transaction(cursor: Any, database: str, numbered: Sequence[tuple[int, str]]) -> None:
    tables = [(line, found[1]) for line, statement in numbered for found in (_TABLE.match(statement),) if found]
    todo = [(line, f"LOCK TABLE ONLY {name} IN ACCESS EXCLUSIVE MODE NOWAIT") for line, name in tables]

    def work() -> None:
        for line, statement in (*todo, *numbered):
            _execute(cursor, database, line, statement)

    locks.transaction(cursor, work)


def _execute(cursor: Any, database: str, line: int, statement: str) -> None:
    try:
        cursor.execute(statement)
    except cursor.connection.Error as error:
        waits = locks.not_now(error)
        if waits is not None:
            raise waits from None
        raise ServerError(f"line {line}, in database {database}: {locks.said(error)}; nothing of this transaction was "
                          "kept, what was taken back before it stays so. Remove the cause and play the file again") from None


def _numbered(text: str) -> Iterator[tuple[int, str, bool]]:
    """Each statement with its line, and whether a blank line stands before it."""
    end = 0
    for statement in statements(text):
        if statement.tokens[-1].kind == UNCLOSED:
            raise GoodNeighborError(f"the file ends inside line {line_of(text, statement.start)}")
        yield line_of(text, statement.start), text[statement.start:statement.end], "\n\n" in text[end:statement.start]
        end = statement.end


def _name(word: str) -> str:
    return word.strip()[1:-1].replace('""', '"')
