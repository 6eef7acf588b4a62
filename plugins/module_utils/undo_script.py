# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An undo file is read and executed. It holds verifiers: no statement of it is shown, and none reaches a log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .catalog.session import Server
from .errors import GoodNeighborError, ServerError
from .schema.lexer import UNCLOSED, line_of, statements

try:
    import psycopg2
except ImportError:  # the module's face reports it
    pass


@dataclass(frozen=True)
class Section:
    """What is to be executed in one database: statements with their lines in the file."""

    database: str
    statements: tuple[tuple[int, str], ...] = field(repr=False)


def sections(text: str) -> list[Section]:
    """The parts of an undo file, in their order. Raises GoodNeighborError where it is none."""
    found: list[tuple[str, list[tuple[int, str]]]] = []
    for line, statement in _numbered(text):
        if statement.startswith("\\connect "):
            found.append((_name(statement.removeprefix("\\connect ")), []))
        elif statement.startswith("\\set "):
            continue  # for psql
        elif statement.startswith("\\") or not found:
            raise GoodNeighborError(f"line {line} is none that a run of Good Neighbor wrote; play the file with psql")
        else:
            found[-1][1].append((line, statement))
    return [Section(database, tuple(numbered)) for database, numbered in found]


def play(server: Server, parts: list[Section]) -> None:
    """Executes the sections, each in one transaction.

    Raises ServerError that names the line; then the sections before it stay, and the file can be played again.
    """
    for part in parts:
        connection = server.connect(part.database)
        try:
            _transaction(connection.cursor(), part)
        finally:
            connection.close()


def _transaction(cursor: psycopg2.extensions.cursor, part: Section) -> None:
    cursor.execute("BEGIN")
    for line, statement in part.statements:
        try:
            cursor.execute(statement)
        except psycopg2.Error as error:
            said = error.diag.message_primary or "the connection was lost"
            raise ServerError(f"line {line}, in database {part.database}: {said}; nothing of this database's part was "
                              "executed, the parts before it were") from None
    cursor.execute("COMMIT")


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    for statement in statements(text):
        if statement.tokens[-1].kind == UNCLOSED:
            raise GoodNeighborError(f"the file ends inside line {line_of(text, statement.start)}")
        yield line_of(text, statement.start), text[statement.start:statement.end]


def _name(word: str) -> str:
    return word.strip()[1:-1].replace('""', '"')
