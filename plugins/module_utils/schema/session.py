# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The session of the owner in which a schema file runs: opened, prepared, and explained where it cannot be opened."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from ..errors import SchemaFileError, ServerError
from . import login

ConnectAs = Callable[[str, str], Any]

# What the database or the role may have stored for its service, and what is wrong for a migration. The search_path
# stays as the service has it. A backend whose controller was killed looks for it every second and gives up.
_SETTINGS = {
    "application_name": "good_neighbor schema file",
    "statement_timeout": "0",
    "transaction_timeout": "0",  # from PostgreSQL 17 on
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "client_connection_check_interval": "1s",
    "client_min_messages": "warning",
    "standard_conforming_strings": "on",
    "default_transaction_read_only": "off",
    "default_transaction_deferrable": "off",
    "default_transaction_isolation": "read committed",
}

_DOORS = """
SELECT r.rolcanlogin, coalesce(r.rolvaliduntil <= now(), false), has_database_privilege(r.oid, d.oid, 'CONNECT'),
    r.rolconnlimit, count(a.pid) FILTER (WHERE a.usesysid = r.oid),
    d.datconnlimit, count(a.pid) FILTER (WHERE a.datid = d.oid),
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true)::int, 0), count(a.pid), d.datname
FROM pg_roles r CROSS JOIN pg_database d
LEFT JOIN pg_stat_activity a ON a.backend_type = 'client backend'
WHERE r.rolname = %s AND d.datname = current_database()
GROUP BY r.oid, r.rolcanlogin, r.rolvaliduntil, r.rolconnlimit, d.oid, d.datconnlimit, d.datname
"""


@contextmanager
def owner_session(
    admin: Any, connect_as: ConnectAs, owner: str, password: str | None, lock_timeout: str, patience: float
) -> Iterator[Any]:
    """A session of `owner`, ready for a schema file and outside of a transaction; it ends with the block.

    Without a `password` the owner gets a login until the session stands. Raises SchemaFileError, with what to do, where
    it cannot be opened.
    """
    with _secret(admin.cursor(), owner, password) as secret:
        session = _open(admin, connect_as, owner, secret, patience)
    pid = session.info.backend_pid
    try:
        _prepare(session, lock_timeout)
        yield session
    finally:
        session.close()
        _await_end(admin.cursor(), pid)


def _secret(cursor: Any, owner: str, password: str | None) -> AbstractContextManager[str]:
    return login.temporary_login(cursor, owner) if password is None else nullcontext(password)


def _open(admin: Any, connect_as: ConnectAs, owner: str, password: str, patience: float) -> Any:
    end = time.monotonic() + patience
    riddles = 0  # a connection that was missing may be free again when one looks for the reason: try once more
    while True:
        try:
            return connect_as(owner, password)
        except (admin.OperationalError, ServerError) as error:
            full, why = _why_not(admin.cursor(), owner, str(error).strip().replace(password, "********"))
            riddles += not full
            if riddles > 1 or time.monotonic() > end:
                raise SchemaFileError(f"no session of owner {owner} for its schema files: {why}") from None
            time.sleep(0.2)


def _why_not(cursor: Any, owner: str, said: str) -> tuple[bool, str]:
    """Whether waiting may help, and why `owner` got no session. The server's words may be in any language."""
    cursor.execute(_DOORS, (owner,))
    row = cursor.fetchone()
    if row is None:
        return False, "there is no such role"
    login, expired, connect, role_limit, role_has, limit, has, most, all_have, database = row
    if not login:
        return False, f"the role has no LOGIN ({said})"
    if expired:
        return False, f"its password has expired: set a new VALID UNTIL ({said})"
    if not connect:
        return False, f"it may not connect to database {database}: grant it CONNECT ({said})"
    free = "end one of them for a moment, or raise the limit, and run again"
    if 0 <= role_limit <= role_has:
        return True, f"all {role_limit} connections of the role are in use: {free}"
    if 0 <= limit <= has:
        return True, f"all {limit} connections of database {database} are in use: {free}"
    if most <= all_have:
        return True, f"all {most} connections of the server that are not reserved are in use: {free}"
    return False, (
        f"{said}; the owner must be let in with its password (scram-sha-256) from where this runs: "
        f"add a line for {owner} and {database} to pg_hba.conf, or connect over an address that has one"
    )


def _prepare(session: Any, lock_timeout: str) -> None:
    session.set_client_encoding("UTF8")
    session.autocommit = True  # else a failing file would take the settings back
    cursor = session.cursor()
    cursor.execute("SET ROLE NONE")
    cursor.execute(
        "SELECT pg_catalog.set_config(w.key, w.value, false) FROM pg_catalog.json_each_text(%s) w"
        " WHERE pg_catalog.current_setting(w.key, true) IS NOT NULL",
        (json.dumps({**_SETTINGS, "lock_timeout": lock_timeout}),),
    )
    session.autocommit = False


def _await_end(cursor: Any, pid: int) -> None:
    """Wait until the backend `pid` is gone, so that its connection is free for the next file."""
    for _attempt in range(2000):
        cursor.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", (pid,))
        if not cursor.rowcount:
            return
        time.sleep(0.001)
