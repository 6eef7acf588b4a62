# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names of services, databases and roles: what PostgreSQL would cut or reserves, and what stands for two things."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ..record import record
from .kinds import name
from .place import Place, Wrong, quoted
from .types import EXTERNAL, Allocation, ServerSpec, SystemRole

SUPERUSER = "postgres"
SYSTEM_DATABASES = ("postgres", "template0", "template1")
RESERVED_ROLES = ("public", "none", "current_user", "current_role", "session_user")


@record(frozen=True)
class Use:
    """A name at work: where it stands, on which server, as what and of whom ("reader of service nexus")."""

    name: str
    place: Place
    server: str
    what: str


def check_names(rows: list[tuple[Place, Allocation]], servers: list[tuple[Place, ServerSpec]]) -> None:
    """Tells the places whatever is wrong with the names of services, databases and roles."""
    databases = [Use(row.database, at.at("database"), row.server, f"database of {at.row}") for at, row in rows]
    service_roles = [use for at, row in rows for use in _roles(at, row)]
    system_roles = [
        Use(role.role, at.at("system_roles").entry(role.role).at("role"), spec.name, f"system role of {at.row}")
        for at, spec in servers
        for role in spec.system_roles
    ]
    supers = {(spec.name, role.role) for _place, spec in servers for role in spec.system_roles if is_superuser(role)}
    external = {at.row for at, row in rows if row.status == EXTERNAL}
    _tell_reserved([use for use in databases if use.place.row not in external], _reserved_database)
    _tell_reserved([use for use in service_roles + system_roles if use.place.row not in external], _reserved_role)
    _tell_superusers([use for use in service_roles if use.place.row not in external], supers)
    _tell_services(rows)
    _tell_twice(databases, "write a name of its own: each database serves one service")
    _tell_twice(system_roles + service_roles, "write a name of its own: each role has one use")
    _tell_elsewhere([use for use in service_roles if use.place.row not in external])


def is_superuser(role: SystemRole) -> bool:
    """Whether the matrix makes a system role a superuser."""
    return "SUPERUSER" in role.attributes


def _roles(at: Place, row: Allocation) -> Iterator[Use]:
    yield Use(row.owner, at.at("owner"), row.server, f"owner of {at.row}")
    for login in row.logins:
        yield Use(login.role, at.at("logins").entry(login.role).at("role"), row.server, f"login of {at.row}")
    for reader in row.readers:
        yield Use(reader.role, at.at("readers").entry(reader.role).at("role"), row.server, f"reader of {at.row}")


def _reserved_database(database: str) -> str | None:
    return f"{quoted(database)} belongs to PostgreSQL itself" if database in SYSTEM_DATABASES else None


def _reserved_role(role: str) -> str | None:
    if role.startswith("pg_"):
        return f"{quoted(role)} begins with pg_, which PostgreSQL keeps for roles of its own"
    return f"{quoted(role)} is a word that PostgreSQL reserves" if role.lower() in RESERVED_ROLES else None


def _tell_reserved(uses: Iterable[Use], reserved: Callable[[str], str | None]) -> None:
    for use in uses:
        try:
            wrong = reserved(name(use.name)) if use.name else None
        except Wrong as too_long:
            use.place.wrong(too_long.wrong, too_long.write)
            continue
        if wrong:
            use.place.wrong(wrong, "write another name")


def _tell_superusers(uses: Iterable[Use], supers: set[tuple[str, str]]) -> None:
    for use in uses:
        if use.name == SUPERUSER or (use.server, use.name) in supers:
            wrong = f"{quoted(use.name)} is a superuser, whom no limit and no grant holds"
            use.place.wrong(wrong, "write another role")


def _tell_services(rows: list[tuple[Place, Allocation]]) -> None:
    seen: dict[str, tuple[int, str]] = {}
    for number, (place, row) in enumerate(rows, 1):
        other, word = seen.setdefault(row.service.casefold(), (number, row.service))
        if other == number or not row.service:
            continue
        alike = f"both rows {other} and {number} are {quoted(word)}"
        if word != row.service:
            alike = f"row {number} is {quoted(row.service)}, row {other} is {quoted(word)}: only letter case differs"
        place.at("service").wrong(alike, "write one row for each service")


def _tell_twice(uses: Iterable[Use], write: str) -> None:
    """On one server no two things have one name, nor names that differ in letter case only."""
    seen: dict[tuple[str, str], Use] = {}
    for use in uses:
        first = seen.setdefault((use.server, use.name.casefold()), use)
        if first is use or not use.name or not use.server or use.place.told:
            continue
        if first.name == use.name:
            use.place.wrong(f"{quoted(use.name)} is the {first.what} too", write)
        else:
            alike = f"{quoted(use.name)} differs from {quoted(first.name)}, the {first.what}, in letter case only"
            use.place.wrong(alike, write)


def _tell_elsewhere(uses: Iterable[Use]) -> None:
    """Secrets are kept by role: no two services have a role of one name, not even on two servers."""
    seen: dict[str, Use] = {}
    for use in uses:
        first = seen.setdefault(use.name, use)
        if use.name and use.server and first.server and first.server != use.server:
            wrong = f"{quoted(use.name)} is the {first.what} on {first.server} too"
            use.place.wrong(wrong, "write a name of its own: secrets are kept by role")
