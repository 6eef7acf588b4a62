"""The work of each rightful login, statement by statement: what it can do at one moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psycopg2
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.types import ACTIVE, Allocation
from live.engine.neighborhood import SHELF, WATCHER, Neighborhood

Task = tuple[str, str, str]  # login, database, statement
ENTER = "SELECT 1"
QUIET = ("SELECT", "SET", "BEGIN", "LOCK", "SAVEPOINT", "ROLLBACK")


def tasks(library: Neighborhood) -> dict[tuple[str, str], list[str]]:
    """Each login's statements, by login and database. All of them are taken back."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in library.matrix.on(SHELF):
        if row.status == ACTIVE:
            for login in row.logins or [None]:
                found[login.role if login else row.owner, row.database] = [ENTER, *_writing(row, owner=login is None)]
            for reader in row.readers:
                found[reader.role, row.database] = [ENTER, *_reading(row)]
        found[WATCHER[0], row.database] = [ENTER, f"SELECT pg_database_size('{row.database.replace(chr(39), chr(39) * 2)}')"]
    return found


def _names(row: Allocation) -> list[str]:
    return ['"' + table.replace('"', '""') + '"' for table in row.tables]


def _reading(row: Allocation) -> list[str]:
    further = ["SELECT count(*) FROM overdue"] if row.service == "loans" else []
    return [*(f"SELECT count(*) FROM {table}" for table in _names(row)), *further]


def _writing(row: Allocation, *, owner: bool) -> list[str]:
    found = _reading(row)
    for table in _names(row):
        found.append("INSERT INTO loan (title) VALUES ('a book')" if table == '"loan"' else
                     "INSERT INTO return_slip (loan, note) VALUES (1, 'late')" if table == '"return_slip"' else
                     f"INSERT INTO {table} DEFAULT VALUES")
        found += [f"DELETE FROM {table} WHERE false"] if not row.soft_delete_only else []
    if row.service == "loans":
        found += ["UPDATE return_slip SET note = note", "SELECT lent_out(), similarity('book', 'brook')"]
    return found + (["CREATE TABLE migrated ()", "CREATE TEMPORARY TABLE aside ()"] if owner else [])


def works(library: Neighborhood) -> set[Task]:
    """What works now."""
    return {task for (login, database), statements in tasks(library).items()
            for task in _tried(library, login, database, statements)}


def _tried(library: Neighborhood, login: str, database: str, statements: list[str]) -> Iterator[Task]:
    try:
        session = library.login(login, database)
    except psycopg2.OperationalError:
        return
    with closing(session), session.cursor() as cursor:
        for statement in statements:
            try:
                cursor.execute(statement)
            except psycopg2.Error:
                pass
            else:
                yield login, database, statement
            session.rollback()


def watching(moment: Callable[[], None]) -> type[Any]:
    """A cursor that calls `moment` each time that something it did has become true for others."""
    class Cursor(psycopg2.extensions.cursor):
        def execute(self, query: Any, vars: Any = None) -> None:
            super().execute(query, vars)
            idle = self.connection.info.transaction_status == psycopg2.extensions.TRANSACTION_STATUS_IDLE
            if idle and not str(query).lstrip().startswith(QUIET):
                moment()

    return Cursor
