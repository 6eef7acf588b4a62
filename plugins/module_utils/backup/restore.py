# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One service's database from one of its backups, beside the live one or in its place.

May be killed at any moment and run again: until the names are exchanged, in one transaction, the live database is as it
was; after it, the copy that gave way is complete under its new name. Sessions of other databases are never touched.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .. import engine, sql
from ..catalog.session import Server
from ..errors import GoodNeighborError
from ..matrix.types import Allocation
from . import restore_door, restore_fill, restore_plan, stream
from .commands import Deadline
from .errors import BackupError
from .restore_exchange import exchange, rename
from .restore_fill import Contents, Dump
from .restore_plan import COMPLETE, FILLING, Found, Plan, Wanted

_DATABASES = """
SELECT d.datname, r.rolsuper, NOT d.datallowconn, pg_catalog.shobj_description(d.oid, 'pg_database')
FROM pg_catalog.pg_database d JOIN pg_catalog.pg_roles r ON r.oid = d.datdba"""


@dataclass
class Restored:
    """What was done, or would be. `steps` in words; `told`: what of the dump is not restored; `notes` what else there is to
    know; `stamp`: the backup; `exceptions`: the lines for a copy that is kept."""

    plan: Plan
    stamp: str
    steps: list[str] = field(default_factory=list)
    told: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    exceptions: str = ""

    @property
    def changed(self) -> bool:
        """Whether the server is, or would be, another one."""
        return bool(self.steps)


@dataclass(frozen=True)
class Request:
    """One restore: which row, from what, what is wanted, whether it is only foretold, and its longest time in hours."""

    row: Allocation
    wanted: Wanted
    dump: Dump
    check: bool = False
    hours: float = 48.0


def restore(server: Server, request: Request) -> Restored:
    """Does it, or in check mode tells it. Raises GoodNeighborError with what stands in the way; `changed` says whether
    anything is different now. What was half filled is gone then, and the live database is there."""
    with server.cursor() as cursor:
        if not request.check:
            engine.wait_alone(cursor)
        cursor.execute("SELECT current_setting('server_version_num')::int, pg_is_in_recovery()")
        version, standby = cursor.fetchall()[0]
        if standby:
            raise BackupError("the server is a standby, which cannot be restored to")
        restore_fill.may_come_from(request.dump.manifest, version)
        _owner_is_there(cursor, request.row)
        made = Restored(restore_plan.plan(request.wanted, found(cursor)), request.wanted.stamp)
        if made.plan.done:
            return made
        contents = restore_fill.look(request.dump, request.row.extensions, request.row.publications)
        made.told = contents.told
        _tell(made, request)
        if not request.check:
            _do(server, cursor, request, made, contents)
        return made


def found(cursor: Any) -> Mapping[str, Found]:
    """The databases of the server."""
    cursor.execute(_DATABASES)
    return {row[0]: Found(*row) for row in cursor.fetchall()}


def _owner_is_there(cursor: Any, row: Allocation) -> None:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (row.owner,))
    if not cursor.fetchall():
        raise BackupError(f"there is no role {row.owner}, who is to own the database: run site first")


def _do(server: Server, cursor: Any, request: Request, made: Restored, contents: Contents) -> None:
    plan, names = made.plan, made.plan.names
    for database in plan.drop:
        cursor.execute(f"DROP DATABASE {sql.ident(database)} WITH (FORCE)")
    restore_door.clean(server, cursor)
    if plan.fill:
        try:
            _fill(server, cursor, request, made, contents)
        except BaseException:
            cursor.execute(f"DROP DATABASE IF EXISTS {sql.ident(names.work)} WITH (FORCE)")
            restore_door.close(cursor)
            raise
    try:
        if request.wanted.place == restore_plan.IN_PLACE:
            exchange(cursor, request.wanted, names, request.row.owner, there=plan.exchange)
        else:
            rename(cursor, request.wanted, names)
    except GoodNeighborError as error:
        error.changed = True  # the filled copy is there, and the next run goes on from it
        raise


def _fill(server: Server, cursor: Any, request: Request, made: Restored, contents: Contents) -> None:
    """The database `work`: made, filled, compared, handed over. Raises BackupError where it is not what was saved."""
    work, wanted, manifest = made.plan.names.work, request.wanted, request.dump.manifest
    restore_fill.create(cursor, work, restore_plan.mark(FILLING, wanted.service, wanted.stamp), manifest.encoding,
                        manifest.locale)
    with restore_door.opened(server, cursor, work) as door, server.cursor(work) as inside:
        restore_fill.prepare(inside, restore_door.ROLE, contents, manifest)
        environment = stream.environment(PGHOST=door.socket, PGPORT=door.port, PGUSER=restore_door.ROLE,
                                         PGPASSWORD=door.password, PGDATABASE=work)
        wrong = restore_fill.load(request.dump, contents, environment)
        restore_door.knock(cursor, door)
        session = server.connect_as(restore_door.ROLE, door.password, work)
        try:
            restore_fill.analyze(session)
        finally:
            session.close()
        differ, made.notes[len(made.notes):] = restore_fill.wrong(inside, manifest, Deadline(request.hours * 3600))
        if wrong or differ:
            raise BackupError(f"what was restored is not what was saved, and is gone again: {'; '.join([*wrong, *differ])}")
        restore_fill.hand_over(inside, restore_door.ROLE, request.row.owner, contents)
    comment = restore_plan.mark(COMPLETE, wanted.service, wanted.stamp)
    cursor.execute(f"COMMENT ON DATABASE {sql.ident(work)} IS {sql.literal(comment)}")


def _tell(made: Restored, request: Request) -> None:
    """The steps in words, and the lines for what is kept."""
    plan, wanted, today = made.plan, request.wanted, datetime.date.today()
    names, server = plan.names, request.row.server
    made.steps += [f"drop {name}, which a restore that was killed left half filled" for name in plan.drop]
    rows = sum(table.rows for table in request.dump.manifest.tables)
    if plan.fill:
        made.steps.append(f"fill {names.work} from backup {wanted.stamp}: {len(request.dump.manifest.tables)} tables, "
                          f"{rows} rows, compared with the manifest")
    if plan.exchange:
        made.steps.append(f"end the sessions of {wanted.database} and rename it to {names.kept}, where nobody can enter")
    made.steps.append(f"rename {names.work} to {names.target}")
    copy = names.kept if plan.exchange else names.target if wanted.place == restore_plan.BESIDE else ""
    if copy:
        what = "copy before the restore of backup" if plan.exchange else "restored from backup"
        made.exceptions = restore_plan.exceptions(server, copy, today, f"{what} {wanted.stamp}")
    if request.dump.manifest.database != wanted.database:
        made.notes.append(f"when the backup was made, the database was called {request.dump.manifest.database}")
