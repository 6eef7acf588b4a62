# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Connections to one server, armoured against what its databases' owners may have prepared.

A database's owner can store settings on it that every later session takes over (search_path, statement_timeout,
client_encoding). What is given in the startup packet wins over those:
https://www.postgresql.org/docs/current/config-setting.html#CONFIG-SETTING-SQL
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from ..errors import ServerError

try:
    import psycopg2
    HAS_DRIVER = True
    DRIVER: tuple[type[Exception], ...] = (psycopg2.Error,)  # whatever it raises
except ImportError:  # the module's face reports it, or starts from an empty snapshot in check mode
    HAS_DRIVER, DRIVER = False, ()

# pg_catalog alone: nothing that somebody made is found before PostgreSQL's own
PINNED = {
    "search_path": "pg_catalog", "statement_timeout": "0", "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "default_transaction_read_only": "off", "default_transaction_isolation": "read\\ committed", "datestyle": "ISO",
    "intervalstyle": "postgres", "bytea_output": "hex", "quote_all_identifiers": "off",
    "standard_conforming_strings": "on", "row_security": "off", "client_min_messages": "warning", "jit": "off",
    "debug_print_parse": "off", "debug_print_rewritten": "off", "debug_print_plan": "off"}
# what only a superuser may set: no statement of ours, and no secret in one, reaches the server's log or its statistics
SUPERUSER = {"log_statement": "none", "log_min_duration_statement": "-1", "log_min_error_statement": "panic",
             "log_duration": "off", "log_min_duration_sample": "-1", "track_activities": "off",
             "pg_stat_statements.track": "none", "session_replication_role": "origin", "role": "none"}
_OF_THE_SERVER = ("default_transaction_read_only", "session_replication_role")
# from PostgreSQL 17 on; event_triggers was a setting of single-user mode before
LATER = {"event_triggers": "off", "transaction_timeout": "0"}


_CROWDED = ("too many", "slots are reserved")
_PATIENCE = 2  # seconds: a session that has ended frees its slot a moment later
_ABSENT = ("Connection refused", "No such file or directory", "could not translate host name")


class ServerAbsent(ServerError):
    """Nobody answers: there is no server, or none yet."""


class Cursor(Protocol):
    """What the engine uses of a database cursor."""

    @property
    def connection(self) -> Any: ...

    def execute(self, query: str, vars: Sequence[object] | None = None) -> None: ...

    def fetchall(self) -> list[tuple[Any, ...]]: ...

    def close(self) -> None: ...


class Server:
    """Opens sessions. `parameters` are libpq's, without the database."""

    def __init__(self, parameters: Mapping[str, object], database: str, lock_timeout: str = "3s") -> None:
        self.parameters, self.database, self.lock_timeout = dict(parameters), database, lock_timeout
        self._opened: list[str] = []  # threads open sessions too, and may only append
        # who we are, for whoever waits for us: application names have 63 bytes at most
        self.name = f"good_neighbor of {socket.gethostname()[:36]}"
        self._armour: dict[str, str] | None = None

    @property
    def opened(self) -> int:
        """How many sessions there have been, of ours."""
        return len(self._opened)

    def connect(self, database: str | None = None) -> Any:
        """A psycopg2 connection in autocommit, to the maintenance database where none is named.

        Raises ServerError, with libpq's words, where the server cannot be reached or refuses.
        """
        if not HAS_DRIVER:
            raise ServerAbsent("Python's psycopg2 is not there")
        for armour in [self._armour] if self._armour is not None else self._armours():
            try:
                # what the server gives by itself is seen in the maintenance database, whose owner is a superuser
                seen = {name: value for name, value in armour.items() if database or name not in _OF_THE_SERVER}
                connection = self._open_soon(database or self.database, seen)
            except psycopg2.OperationalError as error:
                said = str(error)
                if "unrecognized configuration parameter" in said or "permission denied to set parameter" in said:
                    continue
                absent = any(word in said for word in _ABSENT)
                raise (ServerAbsent if absent else ServerError)(
                    f"cannot connect to database {database or self.database}: {said.strip()}") from error
            self._armour = armour
            self._opened.append(database or self.database)
            connection.autocommit = True
            return connection
        raise ServerError(f"cannot connect to database {database or self.database}: the server accepts no session options")

    def connect_as(self, role: str, password: str, database: str) -> Any:
        """A psycopg2 connection of `role`, as a service's own would be. Raises the driver's OperationalError."""
        return self._session({"application_name": self.name, "user": role, "password": password, "dbname": database})

    @contextmanager
    def cursor(self, database: str | None = None) -> Iterator[Cursor]:
        """A cursor on a session of its own, which ends with the block."""
        connection = self.connect(database)
        try:
            yield connection.cursor()
        finally:
            connection.close()

    def _armours(self) -> list[dict[str, str]]:
        pinned = {**PINNED, "lock_timeout": self.lock_timeout}
        return [{**pinned, **SUPERUSER, **LATER}, {**pinned, **SUPERUSER}, pinned]

    def _open_soon(self, database: str, armour: Mapping[str, str]) -> Any:
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                return self._open(database, armour)
            except psycopg2.OperationalError as error:
                if time.monotonic() > end or not any(word in str(error) for word in _CROWDED):
                    raise
                time.sleep(0.05)

    def _open(self, database: str, armour: Mapping[str, str]) -> Any:
        options = " ".join(f"-c {name}={value}" for name, value in armour.items())
        return self._session({"dbname": database, "options": options})

    def _session(self, own: Mapping[str, object]) -> Any:
        words: dict[str, Any] = {"connect_timeout": 10, "application_name": self.name, **self.parameters, **own}
        return psycopg2.connect(**words, client_encoding="UTF8")
