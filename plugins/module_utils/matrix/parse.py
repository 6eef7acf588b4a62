# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The user's servers and rows become the typed matrix, or everything that is wrong with them is told at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..errors import MatrixError, Problem
from .checks import Rows, Servers, check
from .containers import read_keys
from .fields import MANAGED, ROW, SERVER, UNMANAGED
from .kinds import text
from .place import Place, Wrong, kind_of, plain, shown
from .secrets import without_secrets
from .types import STATUSES, Allocation, Matrix, Reader, ServerSpec

# What stands in for the required keys of a row that are missing or wrong, until all problems are known.
STAND_INS = dict.fromkeys(("service", "title", "server", "database", "owner", "purpose", "status"), "")


def parse(servers: object, allocation: object, *, secrets_withheld: bool = False) -> Matrix:
    """The typed matrix of `good_neighbor_servers` (a mapping) and `good_neighbor_allocation` (a list of rows).

    Raises MatrixError with every problem, and nothing else whatever it is given. With `secrets_withheld` passwords may
    be missing anywhere: somebody took them out on purpose; those that are there are judged as always.

    A key that is null counts as not there, but for a password: one that is there must hold something. A title that is
    not given is the service's name; a reader without addresses has the row's; a settings file without login is for the
    only one that the row has; plpgsql is not repeated among extensions.
    """
    problems: list[Problem] = []
    specs = _servers(servers, problems)
    rows = _rows(allocation, problems, secrets_withheld)
    check(specs, rows, secrets_withheld=secrets_withheld)
    if problems:
        raise MatrixError(list(dict.fromkeys(problems)))
    return Matrix(tuple(spec for _place, spec in specs), tuple(_completed(row) for _place, row in rows))


def _servers(servers: object, problems: list[Problem]) -> Servers:
    if not isinstance(servers, Mapping):
        Place("the matrix", "good_neighbor_servers", problems).wrong(
            f"is {kind_of(servers)}, not a mapping", "write each server's name with its keys below"
        )
        return []
    found = []
    if not servers:
        Place("the matrix", "good_neighbor_servers", problems).wrong(
            "names no server", "write each server's name with its keys below"
        )
    for name, raw in servers.items():
        try:
            word = text(name)
        except Wrong as wrong:
            Place("the matrix", "good_neighbor_servers", problems).wrong(
                f"a server's name {wrong.wrong}", "write the name of a host, in quotes if YAML takes it for a number"
            )
            continue
        place = Place(f"server {shown(word)}", "", problems)
        managed = raw.get("managed") if isinstance(raw, Mapping) else None
        managed = True if managed is None else managed
        variant = "" if not isinstance(managed, bool) else MANAGED if managed else UNMANAGED
        keys = read_keys(raw, SERVER, place, variant, f"a server that is {variant}") or {}
        spec = ServerSpec(**{"name": word, **keys})
        found.append((place, spec))
    return found


def _rows(allocation: object, problems: list[Problem], secrets_withheld: bool) -> Rows:
    if not isinstance(allocation, Sequence) or isinstance(allocation, (str, bytes, bytearray)):
        Place("the matrix", "good_neighbor_allocation", problems).wrong(
            f"is {kind_of(allocation)}, not a list", "write a list with one row for each service"
        )
        return []
    found = []
    for number, raw in enumerate(allocation, 1):
        place = Place(_row_name(raw, number), "", problems)
        if secrets_withheld and isinstance(raw, Mapping):
            raw = without_secrets(raw, only_null=True)
        status = raw.get("status") if isinstance(raw, Mapping) else None
        variant = plain(status) if isinstance(status, str) and status in STATUSES else ""
        keys = read_keys(raw, ROW, place, variant, f"status {variant}") or {}
        found.append((place, Allocation(**{**STAND_INS, **keys})))
    return found


def _row_name(raw: object, number: int) -> str:
    service = raw.get("service") if isinstance(raw, Mapping) else None
    return f"service {shown(service)}" if isinstance(service, str) and service.strip() else f"row {number}"


def _completed(row: Allocation) -> Allocation:
    logins = [login.role for login in row.logins] or [row.owner]
    return replace(
        row,
        title=row.title or row.service,
        extensions=tuple(name for name in row.extensions if name != "plpgsql"),
        readers=tuple(_with_addresses(reader, row) for reader in row.readers),
        env_files=tuple(replace(file, login=file.login or logins[0]) for file in row.env_files),
    )


def _with_addresses(reader: Reader, row: Allocation) -> Reader:
    given: Any = reader.client_addresses
    return replace(reader, client_addresses=row.client_addresses) if given is None else reader
