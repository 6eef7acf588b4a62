# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A login for the moment for an owner that has none, so that schema files run as the owner and as nobody more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class LoginState:
    """What a role's login was before."""

    login: bool
    connection_limit: int
    valid_until: str | None
    stored: str | None = field(repr=False)


def login_state(cursor: Any, role: str) -> LoginState:
    """How `role` stands now. A login that a killed run left behind counts as no login."""
    raise NotImplementedError


def open_login(cursor: Any, role: str) -> str:
    """Give `role` a login: one connection, ten minutes, a one-time password, which is returned."""
    raise NotImplementedError


def close_login(cursor: Any, role: str, before: LoginState) -> None:
    """Take it back."""
    raise NotImplementedError


def is_one_time(stored: str | None) -> bool:
    """Whether `stored` (a pg_authid.rolpassword) is of `open_login`: what a killed run leaves until the next one."""
    raise NotImplementedError


@contextmanager
def temporary_login(cursor: Any, role: str) -> Iterator[str]:
    """`open_login` for the length of a with block; yields the password."""
    raise NotImplementedError
    yield ""
