# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who may enter which database, as the server says, against who should, as the matrix says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..matrix.budget import may_enter
from ..matrix.types import ACTIVE, Allocation, Matrix
from ..matrix.uses import rights

Row = Mapping[str, Any]
PUBLIC = "PUBLIC (everybody)"


@dataclass(frozen=True)
class Reach:
    """One database. `should`: logins that belong there; `absent`: those of them that may not enter now; `strangers`:
    logins that may and should not, or PUBLIC alone. Superusers enter everywhere and count in neither."""

    database: str
    row: Allocation | None
    should: tuple[str, ...]
    absent: tuple[str, ...]
    strangers: tuple[str, ...]


def logins_of(row: Allocation) -> tuple[str, ...]:
    """The roles that a service logs in with."""
    return tuple(login.role for login in row.logins) or (row.owner,)


def reaches(matrix: Matrix, server: str, more: Row, databases: Sequence[str]) -> list[Reach]:
    """Each of `databases` of `server`, those of the matrix first and in its order. `more`: what report_info returned."""
    entries = more["entries"]
    rows = {row.database: row for row in matrix.on(server)}
    order = [name for name in rows if name in databases] + [name for name in databases if name not in rows]
    found = []
    for database in order:
        row = rows.get(database)
        should = _should(matrix, server, database, row)
        may = [entry["role"] for entry in entries if database in entry["databases"] and not entry["superuser"]]
        supers = {entry["role"] for entry in entries if entry["superuser"]}
        absent = tuple(role for role in should if role not in may and role not in supers)
        strangers = tuple(role for role in may if role not in should)
        found.append(Reach(database, row, should, absent, (PUBLIC,) if database in more["public"] else strangers))
    return found


def _should(matrix: Matrix, server: str, database: str, row: Allocation | None) -> tuple[str, ...]:
    spec = matrix.server(server)
    known = row is not None or database == "postgres"
    system = [
        role.role for role in spec.system_roles if known and may_enter(role, database) and "LOGIN" in rights(role).attributes
    ]
    if row is None or row.status != ACTIVE:
        return tuple(system)
    return (*logins_of(row), *(reader.role for reader in row.readers), *system)


def holder(matrix: Matrix, server: str, role: str) -> str | None:
    """The service whose login or reader a role is."""
    for row in matrix.on(server):
        if role in logins_of(row) or role == row.owner or role in (reader.role for reader in row.readers):
            return row.service
    return None
