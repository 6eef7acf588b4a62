# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs a schema file as the owner, once, in one transaction, and survives being killed at any moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import SchemaFileError
from .files import SchemaFile


class SchemaFileDeferred(SchemaFileError):
    """Not now, but the next run may succeed: a lock was not got, or somebody else is applying the same file."""


def apply_file(
    file: SchemaFile,
    *,
    admin: Any,
    connect_as: Callable[[str, str], Any],
    owner: str,
    password: str,
    lock_timeout: str = "3s",
    patience: float = 30.0,
) -> bool:
    """Apply `file` to the database of `admin`, over a session of `owner`; whether it was not there yet.

    `admin` is a superuser's connection to that database, in autocommit and with a pinned search_path;
    `connect_as(role, password)` opens a session to the same database. `password` is the owner's own or that of
    `login.temporary_login`. `patience`: seconds to wait for a predecessor's transaction or a free connection.

    Raises SchemaFileError (file, line, the server's words) with nothing left behind, SchemaFileDeferred likewise.
    """
    raise NotImplementedError
