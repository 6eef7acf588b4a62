# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The role of the moment that restores a dump, and the line of pg_hba.conf that lets it in.

It may do nothing anywhere but in the database that is being filled, so that code in the dump can do nothing either.
(BYPASSRLS lets it fill materialized views of tables whose policies bind their owner too; it opens nothing else.) It is
not the database's owner: his connections may all be taken by the service that goes on meanwhile, his password need not be
known, and what runs as him could reach into the live database.

Both are gone when the block ends. What a killed run leaves is a role whose password nobody knows and which may enter one
closed database within ten minutes; the next restore removes it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .. import scram, sql
from ..catalog.session import Server
from ..hba import word
from ..hba_file import change
from ..hba_file.live import Live
from .errors import BackupError

ROLE = "good_neighbor_restore"
MARK = "# a restore is at work; its line goes with it"
_MINUTES = 10
_PATIENCE = 20.0  # seconds


@dataclass(frozen=True)
class Door:
    """How the role comes in: over the socket's folder, with a password that only this process knows."""

    database: str
    socket: str
    port: str
    password: str = field(repr=False)


@contextmanager
def opened(server: Server, cursor: Any, database: str) -> Iterator[Door]:
    """The role and its way into `database`. `cursor`: a superuser's in another database, in autocommit. The line ends with
    the block; where that fails, the role is left to `close`, for it may own what is in the database.

    Raises GoodNeighborError where the server has no socket, or its pg_hba.conf cannot be written.
    """
    cursor.execute("SELECT current_setting('unix_socket_directories'), current_setting('port'), current_setting('hba_file')")
    sockets, port, hba_file = cursor.fetchall()[0]
    if not sockets:
        raise BackupError("the server has no socket (unix_socket_directories is empty), and a restore comes in by one")
    password = secrets.token_urlsafe(24)
    cursor.execute(f"CREATE ROLE {sql.ident(ROLE)} NOLOGIN BYPASSRLS CONNECTION LIMIT 2")
    cursor.execute(f"GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {sql.ident(database)} TO {sql.ident(ROLE)}")
    _let_in(cursor, password)
    try:
        _written(server, hba_file, f"local {word(database)} {ROLE} scram-sha-256 {MARK}\n")
        yield Door(database, sockets.split(",")[0].strip().strip('"'), port, password)
    finally:
        _written(server, hba_file, "")
    close(cursor)


def clean(server: Server, cursor: Any) -> None:
    """What a restore left that was killed is gone, but for its database, which must be gone before."""
    cursor.execute("SELECT current_setting('hba_file')")
    _written(server, cursor.fetchall()[0][0], "")
    close(cursor)


def knock(cursor: Any, door: Door) -> None:
    """Let the role come in once more: its password is good for ten minutes."""
    _let_in(cursor, door.password)


def close(cursor: Any) -> None:
    """The role is gone, its sessions first. It owns nothing any more, or nothing but in databases that are gone."""
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (ROLE,))
    if not cursor.fetchall():
        return
    cursor.execute(f"ALTER ROLE {sql.ident(ROLE)} NOLOGIN PASSWORD NULL")
    cursor.execute("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = %s", (ROLE,))
    cursor.execute("SELECT datname FROM pg_database WHERE has_database_privilege(%s, oid, 'CREATE')", (ROLE,))
    for (database,) in cursor.fetchall():
        cursor.execute(f"REVOKE ALL ON DATABASE {sql.ident(database)} FROM {sql.ident(ROLE)}")
    cursor.execute(f"DROP ROLE {sql.ident(ROLE)}")


def _let_in(cursor: Any, password: str) -> None:
    cursor.execute("SELECT (clock_timestamp() + make_interval(mins => %s))::text", (_MINUTES,))
    until = cursor.fetchall()[0][0]
    cursor.execute(f"ALTER ROLE {sql.ident(ROLE)} LOGIN PASSWORD {sql.literal(scram.verifier(password))}"
                   f" VALID UNTIL {sql.literal(until)}")


def _written(server: Server, hba_file: str, line: str) -> None:
    """pg_hba.conf begins with `line`, and with no other of ours; the server has read it."""
    live = Live(server)
    try:
        file = change.found(hba_file)
        with change.alone(file.path.parent, _PATIENCE):
            file = change.found(hba_file)
            others = [old for old in file.text.splitlines(keepends=True) if not old.endswith(f"{MARK}\n")]
            text = "".join([line, *others])
            if text == file.text:
                return
            change.put(file, text.encode("utf-8", "surrogateescape"))
            why = live.reload(_PATIENCE)
        if why and line:
            raise BackupError(f"the line that lets a restore in does not hold: {why}")
    finally:
        live.close()
