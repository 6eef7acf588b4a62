# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A login for the moment for an owner that has none, so that schema files run as the owner and as nobody more.

It is open for as long as it takes to connect. A run that is killed in that moment leaves the role with LOGIN, one
connection, a password that nobody knows and an expiry within ten minutes; the stored verifier bears our mark
(`is_one_time`), so that the next run knows it from a login that somebody gave.

All functions take a cursor of a superuser's connection in autocommit, with a search_path of pg_catalog alone.
"""

# pylint: disable=invalid-field-call  # a record is a dataclass
from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field
from typing import Any

from ..record import record
from .. import scram, sql
from ..errors import SchemaFileError

_MARK = b"gn-once-"  # the salt of a one-time verifier starts with it
_MINUTES = 10


@record(frozen=True)
class LoginState:
    """What a role's login was: `valid_until` is a literal for VALID UNTIL, `stored` is pg_authid.rolpassword."""

    login: bool = False
    connection_limit: int = -1
    valid_until: str = "infinity"
    stored: str | None = field(default=None, repr=False)


def login_state(cursor: Any, role: str) -> LoginState:
    """How `role` stands now. A login that a killed run left behind counts as no login.

    Raises SchemaFileError where there is no such role.
    """
    cursor.execute(
        """SELECT rolcanlogin, rolconnlimit, coalesce(rolvaliduntil::text, 'infinity'), rolpassword
        FROM pg_authid WHERE rolname = %s""",
        (role,),
    )
    row = cursor.fetchone()
    if row is None:
        raise SchemaFileError(f"there is no role {role} to run schema files as")
    found = LoginState(*row)
    return LoginState() if is_one_time(found.stored) else found


def open_login(cursor: Any, role: str) -> str:
    """Give `role` a login: one connection, ten minutes, a one-time password, which is returned."""
    password = secrets.token_urlsafe(24)
    stored = scram.verifier(password, salt=_MARK + os.urandom(10))
    cursor.execute("SELECT (clock_timestamp() + make_interval(mins => %s))::text", (_MINUTES,))
    _alter(cursor, role, LoginState(True, 1, cursor.fetchone()[0], stored))
    return password


def close_login(cursor: Any, role: str, before: LoginState) -> None:
    """Take it back: `role` is again as `login_state` said, but for an expiry of infinity where there was none."""
    _alter(cursor, role, before)


def is_one_time(stored: str | None) -> bool:
    """Whether `stored` (a pg_authid.rolpassword) is of `open_login`: what a killed run leaves until the next one."""
    if stored is None or scram.kind(stored) != "scram-sha-256":
        return False
    return base64.b64decode(stored.split(":")[1].split("$")[0]).startswith(_MARK)


@contextmanager
def temporary_login(cursor: Any, role: str) -> Iterator[str]:
    """`open_login` for the length of a with block; yields the password."""
    before = login_state(cursor, role)
    password = open_login(cursor, role)
    try:
        yield password
    finally:
        close_login(cursor, role, before)


def _alter(cursor: Any, role: str, state: LoginState) -> None:
    password = "NULL" if state.stored is None else sql.literal(state.stored)
    cursor.execute(
        f"ALTER ROLE {sql.ident(role)} {'LOGIN' if state.login else 'NOLOGIN'} CONNECTION LIMIT {state.connection_limit}"
        f" VALID UNTIL {sql.literal(state.valid_until)} PASSWORD {password}"
    )
