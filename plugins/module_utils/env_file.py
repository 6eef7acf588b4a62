# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The settings file of a service: what it needs to reach its own database, and nothing of any other service.

Three formats: `dotenv`, `python` (a dict) and `url` (one variable). What a value may hold, so that everybody who reads
the file reads the same, is decided by `quote`; what cannot be written so is refused rather than misread.
"""

# pylint: disable=invalid-field-call  # a record is a dataclass
from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import field
from typing import Any
from urllib.parse import quote as percent

from .record import record
from .errors import GoodNeighborError
from .matrix.types import (
    ACTIVE,
    Allocation,
    ClientPool,
    EnvFile,
    Matrix,
    ServerSpec,
)

DEFAULT_PORT = 5432
PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=?-]+")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class SettingsError(GoodNeighborError):
    """A value that no settings file of the wanted format can carry. Names the value, never shows it."""


@record(frozen=True)
class Settings:
    """What a service needs to connect. The password is never part of a repr."""

    host: str  # a folder is a socket
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    pool_min: int
    pool_max: int


@record(frozen=True)
class SettingsFile:
    """A rendered file and how it lies on the host. `owner`, `group`: None is the running account."""

    service: str
    path: str
    content: str = field(repr=False)
    owner: str | None
    group: str | None
    mode: str
    reload: str | None


def files(
    matrix: Matrix, server: str, services: Collection[str] = (), waiting: Collection[str] = ()
) -> list[SettingsFile]:
    """The settings files of `server`: of its active rows with a secret of ours, in the matrix's order.

    Where `services` are named, theirs only. Logins that are `waiting` are left out.
    """
    spec = matrix.server(server)
    return [
        SettingsFile(row.service, file.path, render(row, spec, file), file.owner, file.group, file.mode, file.reload)
        for row in matrix.on(server)
        if row.status == ACTIVE and row.secret_managed and (not services or row.service in services)
        for file in row.env_files
        if file.login not in waiting
    ]


def waiting(violations: Iterable[Mapping[str, Any]]) -> set[str]:
    """The roles whose password on the server is not, or not known to be, that of the matrix after a run.

    Such a service still works with the password that it has; a settings file with another would stop it.
    """
    return {
        row["role"] for row in violations
        if row["role"] and row["rule"].startswith("secret-") and row["state"] != "remedied"
    }


def render(row: Allocation, server: ServerSpec, file: EnvFile) -> str:
    """The text of one settings file of `row`. Raises SettingsError where a value cannot be written."""
    settings = settings_of(row, server, file.login)
    service = CONTROL.sub(" ", row.service)
    header = f"# Database settings of {service}, written from the allocation matrix. Changes here are overwritten.\n"
    try:
        return header + FORMATS[file.format](settings, file.variable)
    except SettingsError as error:
        raise SettingsError(f"service {row.service}, {file.path}: {error}") from None


def settings_of(row: Allocation, server: ServerSpec, login: str | None = None) -> Settings:
    """What `login` (default: the first of the row's logins, else its owner) needs to reach the row's database.

    A row without `client_pool` gets a pool from 1 to its limit.
    """
    secrets = {entry.role: entry.password for entry in row.logins} or {row.owner: row.password}
    user = login or next(iter(secrets))
    password = secrets.get(user)
    if not password:
        raise SettingsError(f"service {row.service}: {user} has no password in this row to write into a file")
    pool = row.client_pool or ClientPool(1, row.connection_limit)
    return Settings(server.client_host, server.port, row.database, user, password, pool.min, pool.max)


def quote(name: str, value: str) -> str:
    """`value` as bash (`source`), systemd (EnvironmentFile=), python-dotenv and dotenv for Node.js all read it alike.

    Plain words stand bare, others in single quotes, those with a single quote in double quotes. Where the four
    disagree, SettingsError says what `name` must not hold.
    """
    if PLAIN.fullmatch(value):
        return value
    if CONTROL.search(value):
        raise SettingsError(f"the {name} holds a control character; choose another, or the format python or url")
    if "'" not in value:
        # python-dotenv: a backslash escapes a backslash and the closing quote, and ${NAME} is replaced even here
        if "\\\\" in value or value.endswith("\\") or re.search(r"\$\{[^}]*\}", value):
            raise SettingsError(
                f"the {name} holds two backslashes in a row, a backslash at its end, or ${{...}}, which not every "
                "reader of a dotenv file takes literally; choose another, or the format python or url"
            )
        return f"'{value}'"
    if re.search(r'["$`\\]', value):
        raise SettingsError(
            f"the {name} holds a single quote together with one of \" $ ` \\, which no way of quoting carries to every "
            "reader of a dotenv file; choose another, or the format python or url"
        )
    return f'"{value}"'


def url_of(settings: Settings) -> str:
    """The connection URL (libpq, psycopg, SQLAlchemy, pg for Node.js), every part percent-encoded."""
    user, password = percent(settings.user, safe=""), percent(settings.password, safe="")
    database = percent(settings.database, safe="")
    if settings.host.startswith("/"):
        # No "user@:port/": Node.js refuses a port without a host, so a socket's port goes to the end
        port = "" if settings.port == DEFAULT_PORT else f"&port={settings.port}"
        return f"postgresql://{user}:{password}@/{database}?host={percent(settings.host, safe='/')}{port}"
    host = f"[{settings.host}]" if ":" in settings.host else percent(settings.host, safe="")
    return f"postgresql://{user}:{password}@{host}:{settings.port}/{database}"


def _dotenv(settings: Settings, variable: str | None) -> str:
    values = {
        "DB_HOST": settings.host,
        "DB_PORT": str(settings.port),
        "DB_NAME": settings.database,
        "DB_USER": settings.user,
        "DB_PASSWORD": settings.password,
        "DB_POOL_MIN": str(settings.pool_min),
        "DB_POOL_MAX": str(settings.pool_max),
    }
    return "".join(f"{name}={quote(name, value)}\n" for name, value in values.items())


def _python(settings: Settings, variable: str | None) -> str:
    values = {"host": settings.host, "port": settings.port, "database": settings.database, "user": settings.user,
              "password": settings.password}
    body = "".join(f"    {name!r}: {value!r},\n" for name, value in values.items())
    return f"{variable or 'DATABASE'} = {{\n{body}}}\n"


def _url(settings: Settings, variable: str | None) -> str:
    return f"{variable or 'DATABASE_URL'}={quote('URL', url_of(settings))}\n"


FORMATS: dict[str, Callable[[Settings, str | None], str]] = {"dotenv": _dotenv, "python": _python, "url": _url}
