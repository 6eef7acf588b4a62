"""The library of matrix.yml on a cluster: how tests ask the engine, the services, and the superuser."""

from __future__ import annotations

import copy
import datetime
import os
import pickle
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import psycopg2
import psycopg2.extras
import yaml
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import engine, hba, result
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog.session import Server
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.parse import parse
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.types import ACTIVE, Allocation, Matrix
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.plan import Options
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema.files import SchemaFile
from live.postgres import IDENT, SUPERUSER_LINE, Cluster

HERE = Path(__file__).parent
SHELF = "shelf.example"
RAW: dict[str, Any] = yaml.safe_load((HERE / "matrix.yml").read_text())
SOURCES = (SchemaFile("schemas/loans/001.sql", (HERE / "schema_loans.sql").read_text()),)
WATCHER = ("watcher", "fake-eyes-of-the-tests-7")
BOTH = ("safe", "disruptive")
OPEN_DOORS = (
    SUPERUSER_LINE,
    "local all all scram-sha-256",
    "host all all 127.0.0.0/8 scram-sha-256",
    "host replication all 127.0.0.0/8 scram-sha-256",
)
Patch = Mapping[str, Any]


def raw_matrix(patch: Patch | None = None) -> dict[str, Any]:
    """Servers and rows as a user writes them. `patch`: rows by service and servers by name; null takes a key away."""
    raw = copy.deepcopy(RAW)
    shelf = raw["servers"][SHELF]
    shelf["hba"], shelf["ident"] = [SUPERUSER_LINE], [IDENT]
    rows = {row["service"]: row for row in raw["allocation"]}
    for service, change in ((patch or {}).get("rows") or {}).items():
        _change(rows.setdefault(service, {"service": service}), change)
    for name, change in ((patch or {}).get("servers") or {}).items():
        _change(raw["servers"][name], change)
    shelf["ident"] = [IDENT if line == "@ident@" else line for line in shelf["ident"]]
    raw["allocation"] = list(rows.values())
    return raw


def _change(keys: dict[str, Any], change: Patch) -> None:
    keys.update(copy.deepcopy(dict(change)))
    for key in [key for key in change if change[key] is None]:
        del keys[key]


def matrix_of(raw: Patch) -> Matrix:
    """The typed matrix."""
    return _parsed(pickle.dumps(raw))


@lru_cache(8)
def _parsed(raw: bytes) -> Matrix:
    """It is asked for again and again."""
    known = pickle.loads(raw)
    return parse(known["servers"], known["allocation"])


def secrets(matrix: Matrix) -> dict[str, str]:
    """Each login's password, by role."""
    found = dict([WATCHER])
    for row in matrix.on(SHELF):
        others = ((entry.role, entry.password) for entry in (*row.logins, *row.readers))
        for role, password in ((row.owner, row.password), *others):
            if password is not None:
                found[role] = password
    return found


@dataclass
class Neighborhood:
    """A cluster and its matrix. `sources`: the schema files by database."""

    cluster: Cluster
    raw: dict[str, Any] = field(default_factory=raw_matrix, repr=False)
    sources: dict[str, tuple[SchemaFile, ...]] = field(default_factory=lambda: {"loans": SOURCES}, repr=False)

    @property
    def matrix(self) -> Matrix:
        return matrix_of(self.raw)

    @property
    def secrets(self) -> dict[str, str]:
        """Each login's password, by role."""
        return secrets(self.matrix)

    def patch(self, patch: Patch) -> None:
        """Another matrix: that of matrix.yml with changes."""
        self.raw = raw_matrix(patch)

    # ---- the engine

    def server(self, **parameters: Any) -> Server:
        """What the engine connects through: the superuser on the socket, where nothing else is said."""
        own = {"host": str(self.cluster.folder), "port": self.cluster.port, "user": "postgres", **parameters}
        return Server(own, "postgres")

    def request(
        self,
        mode: str = "enforce",
        remedies: Iterable[str] = BOTH,
        services: Iterable[str] = (),
        baseline: Iterable[str] = (),
        undo_file: str | None = None,
        today: str = "",
    ) -> engine.Request:
        """What the module makes of its options."""
        today = today or datetime.date.today().isoformat()
        options = Options(mode, tuple(remedies), tuple(services), tuple(baseline), today)
        return engine.Request(self.matrix, SHELF, options, self.sources, undo_file)

    def check(self, server: Server | None = None, **options: Any) -> dict[str, Any]:
        """What allocation_info returns."""
        return result.of(engine.check(server or self.server(), self.request(**options)))

    def foretell(self, **options: Any) -> dict[str, Any]:
        """What allocation returns in check mode."""
        return result.of(engine.foretell(self.server(), self.request(**options)), diff=True)

    def enforce(self, **options: Any) -> dict[str, Any]:
        """What allocation returns."""
        return result.of(engine.enforce(self.server(), self.request(**options)), diff=True)

    # ---- the server

    def doors(self, *, opened: bool) -> None:
        """pg_hba.conf as the matrix has it, or with every door open: then the databases themselves must keep people out."""
        self.cluster.access(OPEN_DOORS if opened else hba.lines(self.matrix, SHELF))

    def break_doors(
        self, top: Iterable[str] = (), without: str = "", ident: Iterable[str] = (), *, reload: bool = True
    ) -> None:
        """pg_hba.conf as the matrix has it, but for lines on `top` and those `without` which it is; more of `ident`."""
        lines = [line for line in hba.lines(self.matrix, SHELF) if not without or without not in line]
        self.cluster.access([*top, *lines], [IDENT, *ident], reload=reload)
        if not reload:  # the server knows times of files by the second
            os.utime(self.cluster.data / "pg_hba.conf", (time.time() + 1, time.time() + 1))

    @contextmanager
    def cursor(self, database: str = "postgres", role: str | None = None, **more: Any) -> Iterator[Any]:
        """The superuser's cursor, or that of `role` by SET SESSION AUTHORIZATION."""
        with closing(self.cluster.admin(database, **more)) as session, session.cursor() as cursor:
            if role is not None:
                cursor.execute("SELECT pg_catalog.set_config('session_authorization', %s, false)", (role,))
            yield cursor

    def sql(self, statement: str, database: str = "postgres", role: str | None = None) -> list[tuple[Any, ...]]:
        """The rows of a statement of the superuser (or of `role`)."""
        with self.cursor(database, role) as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def login(self, role: str, database: str, password: str | None = None) -> Any:
        """A session of `role` over TCP, with its declared password where none is given."""
        return self.cluster.login(role, password if password is not None else secrets(self.matrix)[role], database)

    def replicate(self, role: str) -> Any:
        """A session of `role` that may ask for every change of the server, as a standby's."""
        words = {"host": "127.0.0.1", "port": self.cluster.port, "user": role, "password": secrets(self.matrix)[role]}
        return psycopg2.connect(**words, connection_factory=psycopg2.extras.PhysicalReplicationConnection)

    def databases(self) -> list[str]:
        """Those that accept connections."""
        found = self.sql("SELECT datname FROM pg_database WHERE datallowconn AND datconnlimit <> -2 ORDER BY 1")
        return [name for (name,) in found]

    def work(self) -> None:
        """Every declared login does its daily work, from where it lives, with its own secret. All of it is taken back."""
        for row in self.matrix.on(SHELF):
            if row.status != ACTIVE:
                continue
            with closing(self.login(row.logins[0].role if row.logins else row.owner, row.database)) as session:
                _write(session, row)
            for reader in row.readers:
                with closing(self.login(reader.role, row.database)) as session:
                    _read(session, row)


def _names(session: Any, row: Allocation) -> list[str]:
    """The declared tables, quoted."""
    return [psycopg2.extensions.quote_ident(table, session) for table in row.tables]


def _write(session: Any, row: Allocation) -> None:
    with session.cursor() as cursor:
        for table in _names(session, row):
            cursor.execute(f"INSERT INTO {table} DEFAULT VALUES" if row.service != "loans" else "SELECT")
            cursor.execute(f"SELECT count(*) FROM {table}")
        if row.service == "loans":
            cursor.execute("INSERT INTO loan (title) VALUES ('a book')")
            cursor.execute("UPDATE return_slip SET note = note")
            cursor.execute("SELECT lent_out(), (SELECT count(*) FROM overdue), similarity('book', 'brook')")
        if not row.logins:
            cursor.execute("CREATE TABLE migrated (); DROP TABLE migrated; DELETE FROM " + _names(session, row)[-1])
        cursor.execute("CREATE TEMPORARY TABLE aside ()" if not row.logins else "SELECT")
    session.rollback()


def _read(session: Any, row: Allocation) -> None:
    with session.cursor() as cursor:
        for table in _names(session, row):
            cursor.execute(f"SELECT count(*) FROM {table}")
    session.rollback()
