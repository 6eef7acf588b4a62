# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Smoke tests of a server: who is to come in where with what, who is to be refused, and what the settings files say.

The files are read here by other code than that which writes them (env_file.py), or both could be wrong alike.
"""

from __future__ import annotations

import ast
import shlex
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from .errors import GoodNeighborError
from .matrix.types import ACTIVE, LOCAL_ADDRESSES, Allocation, Matrix, ServerSpec

MAINTENANCE = "postgres"  # the database that no service may enter either
NAMES = ("host", "port", "database", "user", "password")
READS = "SELECT FROM {table} LIMIT 1"
# rights are checked even where no row is meant; whatever is allowed is rolled back
WRITES = {"INSERT": "INSERT INTO {table} DEFAULT VALUES", "DELETE": "DELETE FROM {table} WHERE false",
          "CREATE": "CREATE TABLE public.good_neighbor_smoke_test ()"}


@dataclass(frozen=True)
class Entry:
    """A login that comes in: a service with its settings file (`path`), or a reader with the matrix's `password`.
    `never`: keys of WRITES that must be refused."""

    service: str
    role: str
    database: str
    path: str | None
    format: str | None
    host: str
    port: int
    password: str | None = field(repr=False)
    foreign: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


def entries(matrix: Matrix, server: str) -> list[Entry]:
    """Those of the active rows of `server` whose services and readers live on the server's own host."""
    spec = matrix.server(server)
    rows = [row for row in matrix.on(server) if row.status == ACTIVE]
    found = []
    for row in rows:
        foreign = (*(other.database for other in rows if other is not row), MAINTENANCE)
        found += [*_services(row, spec, foreign), *_readers(row, spec, foreign)]
    return found


def _services(row: Allocation, spec: ServerSpec, foreign: tuple[str, ...]) -> list[Entry]:
    if not row.secret_managed or not set(LOCAL_ADDRESSES) & set(row.client_addresses):
        return []
    first = row.logins[0].role if row.logins else row.owner
    never = ("DELETE",) if row.soft_delete_only else ()
    return [Entry(row.service, file.login or first, row.database, file.path, file.format, spec.client_host, spec.port, None,
                  foreign, never) for file in row.env_files]


def _readers(row: Allocation, spec: ServerSpec, foreign: tuple[str, ...]) -> list[Entry]:
    return [Entry(row.service, reader.role, row.database, None, None, spec.client_host, spec.port, reader.password, foreign,
                  tuple(WRITES))
            for reader in row.readers if reader.password and set(LOCAL_ADDRESSES) & set(reader.client_addresses)]


def settings(text: str, form: str) -> dict[str, str]:
    """What a settings file says, by NAMES. Raises GoodNeighborError, without the text, where it cannot be read."""
    try:
        if form == "python":
            found = ast.literal_eval(text[text.index("{"):])
            return {name: str(found[name]) for name in NAMES}
        values = dict(word.split("=", 1) for word in shlex.split(text, comments=True))
        if form == "dotenv":
            return {name: values[f"DB_{name.upper()}" if name != "database" else "DB_NAME"] for name in NAMES}
        return _of_url(next(iter(values.values())))
    except (ValueError, KeyError, SyntaxError, StopIteration, TypeError, IndexError):
        raise GoodNeighborError(f"it is no settings file of the format {form}") from None


def _of_url(text: str) -> dict[str, str]:
    url = urlsplit(text)
    asked = parse_qs(url.query)
    return {
        "host": asked["host"][0] if "host" in asked else unquote(url.hostname or ""),
        "port": asked["port"][0] if "port" in asked else str(url.port or 5432),
        "database": unquote(url.path[1:]), "user": unquote(url.username or ""), "password": unquote(url.password or ""),
    }
