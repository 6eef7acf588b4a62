"""A throw-away PostgreSQL for these tests: that of .venv, or of GN_PG_BINDIR."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema.apply import apply_file
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema.files import SchemaFile
from live.embedded import Server, remove, started

PATH = "schemas/a.sql"
_numbers = itertools.count()


@dataclass
class Place:
    """A database of its own owner, and the superuser's session in it."""

    server: Server
    database: str
    owner: str
    password: str | None = field(repr=False)
    admin: Any

    def connect_as(self, role: str, password: str) -> Any:
        """What the engine is given to open the owner's session."""
        return self.server.connect(self.database, role, password)

    def apply(self, text: str, path: str = PATH, **options: Any) -> bool:
        """Apply a file of this text as the engine does."""
        given: dict[str, Any] = {
            "admin": self.admin, "connect_as": self.connect_as, "owner": self.owner, "password": self.password, **options,
        }
        return apply_file(SchemaFile(path, text), **given)

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a query of the superuser."""
        cursor = self.admin.cursor()
        cursor.execute(sql, values or None)
        return list(cursor.fetchall()) if cursor.description else []

    def relations(self) -> set[tuple[str, str, str]]:
        """(schema, name, owner) of all that a service made: tables, views, indexes, sequences, types of rows."""
        return set(self.query(
            "SELECT n.nspname, c.relname, pg_get_userbyid(c.relowner) FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'good_neighbor')"
        ))

    def files(self) -> list[tuple[str, str]]:
        """(path, state) of what the bookkeeping holds."""
        return self.query("SELECT path, state FROM good_neighbor.schema_file ORDER BY path")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests of a worker."""
    folder = tmp_path_factory.mktemp("postgresql") / "server"
    try:
        yield started(folder)
    finally:
        remove(folder)


def superuser(server: Server, database: str = "postgres") -> Any:
    """A superuser's session as the engine has it."""
    session = server.connect(database, options=(
        "-c search_path=pg_catalog -c log_statement=none -c log_min_error_statement=panic"
        " -c default_transaction_read_only=off -c statement_timeout=0 -c standard_conforming_strings=on"))
    session.autocommit = True
    return session


def make_place(server: Server, *, login: bool = True, settings: str = "") -> Place:
    """A new database with an owner of its own; `settings` are statements about it, with {database} and {owner}."""
    name = f"gn_{os.getpid()}_{next(_numbers)}"
    database, owner = f"{name}_db", f"{name}_owner"
    password = "fake-for-tests-Xy7!" if login else None
    cursor = superuser(server).cursor()
    cursor.execute(f"CREATE ROLE {owner} " + (f"LOGIN PASSWORD '{password}'" if login else ""))
    cursor.execute(f"CREATE DATABASE {database} OWNER {owner} TEMPLATE template0")
    cursor.execute(f"REVOKE ALL ON DATABASE {database} FROM PUBLIC")
    if settings:
        cursor.execute(settings.format(database=database, owner=owner))
    cursor.connection.close()
    return Place(server, database, owner, password, superuser(server, database))


def drop_place(place: Place) -> None:
    """Remove it, whoever is connected."""
    place.admin.close()
    cursor = superuser(place.server).cursor()
    cursor.execute(f"DROP DATABASE {place.database} WITH (FORCE)")
    cursor.execute(f"DROP ROLE {place.owner}")
    cursor.connection.close()


@pytest.fixture
def place(server: Server) -> Iterator[Place]:
    """A database whose owner logs in with a password."""
    made = make_place(server)
    yield made
    drop_place(made)


@pytest.fixture
def closed_place(server: Server) -> Iterator[Place]:
    """A database whose owner has no login."""
    made = make_place(server, login=False)
    yield made
    drop_place(made)


def until(condition: Any, seconds: float = 10.0) -> None:
    """Wait until `condition()` is true; fails after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)
