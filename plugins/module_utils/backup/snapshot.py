# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One moment of a database, held open: pg_dump takes the same one, and what is told of it here is true of the dump.

Nothing that the database's owner made runs in this session: names are looked up in pg_catalog alone, row security is off
(and bypassed), and rows are counted in tables only.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from ..catalog.session import Cursor, Server
from ..errors import SchemaFileError, ServerError
from ..schema import records
from ..sql import ident
from .commands import Deadline
from .errors import BackupError
from .manifest import Locale, SchemaFile, Table

# what pg_dump writes the rows of: not those of extensions, of other sessions' temporary tables, of PostgreSQL itself
_TABLES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence IN ('p', 'u') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
"""
_OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()"
_PATIENCE = 10.0  # seconds
_RIGHTS = """
SELECT rolsuper OR rolbypassrls, rolsuper OR pg_has_role(current_user, 'pg_read_all_data', 'USAGE')
FROM pg_roles WHERE rolname = current_user
"""
# the catalog's columns for other providers than libc have had three names
_LOCALE = """
SELECT pg_encoding_to_char(encoding), datlocprovider::text, datcollate, datctype,
    coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale', ''), coalesce(to_jsonb(d) ->> 'daticurules', '')
FROM pg_database d WHERE datname = current_database()
"""


@dataclass(frozen=True)
class Facts:
    """What a manifest says of the database."""

    system_identifier: str
    server_version: int
    encoding: str
    locale: Locale
    extensions: tuple[tuple[str, str], ...]
    schema_files: tuple[SchemaFile, ...]
    tables: tuple[Table, ...]
    large_objects: int


class Sessions(Server):
    """Sessions of a role that is no superuser, and may have two at once: none is tried that the server would refuse."""

    def _armours(self) -> list[dict[str, str]]:
        return super()._armours()[-1:]


class Snapshot:
    """`name` is what pg_dump's --snapshot takes. `patience`: seconds to wait for the role's other sessions to end."""

    def __init__(self, cursor: Cursor, patience: float = _PATIENCE) -> None:
        self._cursor = cursor
        self.alone(patience)
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        self.name = str(self._one("SELECT pg_export_snapshot()"))
        self.server_version = int(self._one("SHOW server_version_num"))

    def facts(self, deadline: Deadline, *, closed: bool = False) -> Facts:
        """All that the manifest needs; the rows are counted. `closed`: nobody else can be in the database. Ends with an
        error when the deadline has passed."""
        self._cursor.execute(f"SET LOCAL statement_timeout = {int(deadline.left * 1000)}")
        encoding, *locale = self._row(_LOCALE)
        return Facts(
            str(self._one("SELECT system_identifier FROM pg_control_system()")), self.server_version, encoding,
            Locale(*locale), tuple(sorted(self._rows("SELECT extname::text, extversion FROM pg_extension"))),
            self._schema_files(), self._tables(deadline, closed),
            int(self._one("SELECT count(*) FROM pg_largeobject_metadata")))

    def alone(self, patience: float = _PATIENCE) -> None:
        """Waits until the role's other sessions have ended, which takes them a moment: its connections are limited."""
        deadline = Deadline(patience)
        while self._one(_OTHERS) and not deadline.over:
            time.sleep(0.02)
            self._cursor.execute("SELECT pg_stat_clear_snapshot()")

    def check_rights(self) -> None:
        """Raises BackupError where the role cannot read all rows: what it cannot see would be missing."""
        past_policies, all_data = self._row(_RIGHTS)
        missing = [word for word, held in (("BYPASSRLS", past_policies), ("membership in pg_read_all_data", all_data))
                   if not held]
        if missing:
            raise BackupError(f"the role of the backups lacks {' and '.join(missing)}; run site, which gives it back")

    def _tables(self, deadline: Deadline, closed: bool) -> tuple[Table, ...]:
        found = []
        for schema, name in sorted(self._rows(_TABLES)):
            if deadline.over:
                raise BackupError("counting its rows took too long")
            # TABLESAMPLE is refused for a view: whoever puts one in the table's place now does not get his functions run
            how = "" if closed else " TABLESAMPLE SYSTEM (100)"  # which no worker helps with
            rows = self._one(f"SELECT count(*) FROM ONLY {ident(schema)}.{ident(name)}{how}")
            found.append(Table(schema, name, int(rows)))
        return tuple(sorted(found))

    def _schema_files(self) -> tuple[SchemaFile, ...]:
        try:
            return tuple(sorted(SchemaFile(one.path, one.checksum) for one in records.read(self._cursor) if one.done))
        except SchemaFileError:  # what bears that name proves nothing; the dump holds it all the same
            return ()

    def _rows(self, query: str) -> list[tuple[str, str]]:
        self._cursor.execute(query)
        return [(str(first), str(second)) for first, second in self._cursor.fetchall()]

    def _row(self, query: str) -> tuple[Any, ...]:
        self._cursor.execute(query)
        return tuple(self._cursor.fetchall()[0])

    def _one(self, query: str) -> Any:
        return self._row(query)[0]


@contextmanager
def taken(server: Server, database: str) -> Iterator[Snapshot]:
    """A snapshot that stays as long as the block. Raises ServerError where the database cannot be entered."""
    with _entered(server, database) as cursor:
        try:
            yield Snapshot(cursor)
        except cursor.connection.Error as error:
            said = " ".join(str(error).split())
            raise BackupError(f"database {database} could not be read: {said}{hint(said)}") from error


def _entered(server: Server, database: str) -> AbstractContextManager[Cursor]:
    """A cursor; tried again for a while, where sessions of ours that are ending still count."""
    deadline = Deadline(_PATIENCE)
    while True:
        try:
            connection = server.connect(database)
        except ServerError as error:
            if "too many connections for role" not in str(error) or deadline.over:
                raise BackupError(f"{error}{hint(str(error))}") from error
            time.sleep(0.05)
            continue
        return _closing(connection)


@contextmanager
def _closing(connection: Any) -> Iterator[Cursor]:
    try:
        yield connection.cursor()
    finally:
        connection.close()


def hint(said: str) -> str:
    """What to do about PostgreSQL's refusal, where it is known, as a second sentence."""
    if "permission denied for large object" in said:
        return "; run site, which lets the role of the backups read large objects that are new"
    if "pg_hba.conf" in said or "authentication failed" in said:
        return "; pg_hba.conf must let the role of the backups in over the socket by peer, before any line that fits too"
    if "lock timeout" in said:
        return "; somebody holds a lock on that table: playbook health tells who"
    return ""
