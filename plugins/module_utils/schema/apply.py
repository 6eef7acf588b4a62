# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs a schema file as the owner, once, in one transaction, and survives being killed at any moment.

The owner's session runs the text; the superuser's records the id of that transaction and commits; the owner's commits;
the superuser's records that it is done. Killed before the first record, nothing has happened: the server rolls back.
Killed after it, pg_xact_status says at the next run how the transaction ended. The record is made before the commit,
with a primary key, so two runs at once cannot both commit the same file.
"""

from __future__ import annotations

import time
from typing import Any

from ..errors import SchemaFileError, ServerError
from . import records
from .files import ABORTED, COMMITTED, IN_PROGRESS, STARTED, Record, SchemaFile, altered, undecided
from .lexer import line_of, statements
from .session import ConnectAs, owner_session
from .text import refusals

_LATER = ("55P03", "40P01")  # lock_not_available, deadlock_detected
_ABOUT_ROWS = ("22", "23")  # classes of errors whose details quote what stands in the tables


class SchemaFileDeferred(SchemaFileError):
    """Not now, but the next run may succeed: a lock was not got, or somebody else is applying the same file."""


def apply_file(
    file: SchemaFile,
    *,
    admin: Any,
    connect_as: ConnectAs,
    owner: str,
    password: str | None = None,
    lock_timeout: str = "3s",
    patience: float = 10.0,
) -> bool:
    """Apply `file` to the database of `admin`, over a session of `owner`; whether it was not there yet.

    `admin` is a superuser's connection to that database, in autocommit and with a search_path of pg_catalog alone.
    `connect_as(role, password)` opens a plain session to the same database, with the settings that a service would get.
    Without a `password` the owner is one that has no login and gets one until the session stands. `patience`: seconds to
    wait for a free connection, or for the transaction of a run that was killed.

    Raises SchemaFileError (file, line, the server's words) or SchemaFileDeferred, both with nothing left behind;
    ServerError where the superuser's connection is lost: the next run finds out what happened.
    """
    if not admin.autocommit:
        raise ValueError("a record must be committed before the file is")
    wrong = refusals(file.path, file.text)
    if wrong:
        raise SchemaFileError("\n".join(wrong))
    try:
        made = records.ensure(admin.cursor())  # then there is no record yet
        if not made and _is_applied(admin.cursor(), file, patience):
            return False
        with owner_session(admin, connect_as, owner, password, lock_timeout, patience) as session:
            xid = _run(session, file)
            _commit(admin.cursor(), session, file, xid, patience)
    except admin.Error as error:
        raise ServerError(f"{file.path}: {_said(error)}; run again: the next run finds out what was done") from error
    return True


def _is_applied(cursor: Any, file: SchemaFile, patience: float) -> bool:
    """Whether the records say that `file` is there; decides what a run left that was killed."""
    record = _ended(cursor, file.path, patience)
    if record is None:
        return False
    if record.outcome == ABORTED:
        records.forget(cursor, file.path)
        return False
    if not record.done:
        raise SchemaFileError(undecided(file.path))
    if record.state == STARTED:
        records.applied(cursor, file.path)
    if record.checksum != file.checksum:
        raise SchemaFileError(altered(record))
    return True


def _ended(cursor: Any, path: str, patience: float) -> Record | None:
    """The record of `path`, once the transaction that it names has ended."""
    end = time.monotonic() + patience
    while True:
        record = {found.path: found for found in records.read(cursor)}.get(path)
        if record is None or record.outcome != IN_PROGRESS:
            return record
        if time.monotonic() > end:
            raise SchemaFileDeferred(f"{path}: another run is applying it and has not ended yet: wait for it")
        time.sleep(0.1)


def _run(session: Any, file: SchemaFile) -> str:
    """Run the text in a new transaction, which stays open; its id."""
    cursor = session.cursor()
    xid = _transaction(cursor)
    try:
        cursor.execute(file.text)
        if _transaction(cursor) != xid:
            raise SchemaFileError(f"{file.path}: the file ended the transaction in which it ran; look what it left behind")
    except session.Error as error:
        raise _failure(session, file, error) from None
    return xid


def _transaction(cursor: Any) -> str:
    cursor.execute("SELECT pg_catalog.pg_current_xact_id()::pg_catalog.text")
    return str(cursor.fetchone()[0])


def _commit(cursor: Any, session: Any, file: SchemaFile, xid: str, patience: float) -> None:
    if not records.started(cursor, file, xid):
        session.rollback()
        raise SchemaFileDeferred(f"{file.path} was applied by another run at the same time: run again")
    try:
        session.commit()
    except session.Error as error:  # a deferred constraint, or the connection: then the commit may have been heard
        record = _ended(cursor, file.path, patience)
        if record is None or record.outcome != COMMITTED:
            records.forget(cursor, file.path)
            raise SchemaFileError(f"{file.path}: at the end of its transaction: {_said(error)}") from None
    records.applied(cursor, file.path)


def _failure(session: Any, file: SchemaFile, error: Any) -> SchemaFileError:
    """What to raise for a text that the server refused with `error`; the transaction is rolled back."""
    if session.closed:
        return SchemaFileError(f"{file.path}: the owner's session ended before the file did: {_said(error)}")
    session.rollback()
    line = _line(session, file.text, error)
    where = file.path if line is None else f"{file.path}:{line}"
    kind = SchemaFileDeferred if error.pgcode in _LATER else SchemaFileError
    return kind(f"{where}: {_said(error)}; nothing of this file was kept")


def _line(session: Any, text: str, error: Any) -> int | None:
    """The line at fault. The server names it for errors of grammar and names only.

    For the rest the statements run one by one, in a transaction that is rolled back, until the same error comes again.
    """
    if error.diag.statement_position:
        return line_of(text, int(error.diag.statement_position) - 1)
    if error.pgcode in _LATER:
        return None
    cursor = session.cursor()
    for statement in statements(text):
        try:
            cursor.execute(text[statement.start : statement.end])
        except session.Error as again:
            same = (again.pgcode, again.diag.message_primary) == (error.pgcode, error.diag.message_primary)
            if not session.closed:
                session.rollback()
            return line_of(text, statement.start) if same else None
    session.rollback()
    return None


def _said(error: Any) -> str:
    """The server's own words, without what they quote from tables."""
    if not error.diag.message_primary:
        return str(error).strip()
    detail = None if (error.pgcode or "")[:2] in _ABOUT_ROWS else error.diag.message_detail
    return ". ".join(part for part in (error.diag.message_primary, detail, error.diag.message_hint) if part)
