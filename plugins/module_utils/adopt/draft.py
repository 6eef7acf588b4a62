# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A draft matrix of a live server: rows for the databases that none is for, and the server's entry if it has none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import MatrixError, ServerError
from ..items import INVALID, Database
from ..matrix.kinds import MOST_CONNECTIONS
from ..matrix.parse import parse
from ..matrix.place import shown
from ..matrix.secrets import without_secrets
from ..matrix.types import Matrix
from .facts import Facts
from .holdings import Holdings
from .limits import Wish, fit, total, wish
from .names import service_of, unused, variable_of
from .people import Home, Settler
from .row import Entry, closed, is_closed, row
from .server import entry as server_entry
from .system_roles import SystemRole, guessed

Raw = dict[str, Any]


@dataclass
class Draft:
    """`rows`: those that were missing. `server`: its entry, None where the matrix has one. `notes`: what could not be
    drafted or seen, and why."""

    name: str
    rows: list[Entry] = field(default_factory=list)
    server: Entry | None = None
    system_roles: list[SystemRole] = field(default_factory=list)
    homeless: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    matrix: Matrix | None = None

    @property
    def parsed(self) -> Matrix:
        """The whole matrix, the draft in it. Raises ValueError as long as there is none."""
        if self.matrix is None:
            raise ValueError("the draft is not made yet")
        return self.matrix

    def plain(self) -> Raw:
        """As what a module returns."""
        return {"name": self.name, "notes": self.notes, "homeless": self.homeless,
                "rows": [{"keys": one.keys, "notes": one.notes} for one in self.rows],
                "system_roles": [{"keys": one.keys, "notes": one.notes} for one in self.system_roles],
                "server": None if self.server is None else {"keys": self.server.keys, "notes": self.server.notes}}


class Drafting:
    """`servers` and `allocation`: the matrix that is there, as the user wrote it, its secrets taken out."""

    def __init__(self, facts: Facts, server: str, servers: Mapping[str, Any], allocation: Sequence[Raw]) -> None:
        self.facts, self.name = facts, server
        self.servers = dict(servers)
        self.existing = list(allocation)
        self.draft = Draft(server)
        self.wishes: dict[str, Wish] = {}

    def make(self, schema_files: Mapping[str, str] | None = None) -> Draft:
        """The draft, valid together with what is there. `schema_files`: the path of each database's dump. Raises
        MatrixError where the matrix that is there is wrong by itself."""
        self._check_existing()
        holdings = Holdings(self.facts)
        taken = _taken(self.servers, self.existing)
        new_roles = [one for one in guessed(self.facts, holdings) if one.role.casefold() not in
                     {role.casefold() for role in taken}]
        self.draft.system_roles = new_roles
        if self.name not in self.servers:
            self.draft.server = server_entry(self.facts)
        taken |= {one.role: "a role of the server itself" for one in new_roles}
        missing = self._missing()
        settler = Settler(self.facts, holdings, taken, missing)
        homes = [settler.home(database.name) for database in missing]
        self._rows(homes, {database.name: database for database in missing}, taken, schema_files or {})
        self._valid()
        self._limits()
        self.draft.homeless = settler.homeless()
        return self.draft

    def _check_existing(self) -> None:
        """The matrix that is there is right, and of this server."""
        if self.name not in self.servers:
            return
        spec = parse(self.servers, self.existing, secrets_withheld=True).server(self.name)
        if not spec.managed:
            raise ServerError(f"{self.name} is not managed: it is external, and never touched")
        given = spec.system_identifier
        found = self.facts.snapshot.system_identifier
        if given and found != given:
            raise ServerError(f"this is not {self.name}: its system identifier is {found}, the matrix says {given}")

    def _missing(self) -> list[Database]:
        known = {one.get("database") for one in self.existing if one.get("server") == self.name}
        found = [database for database in self.facts.databases if database.name not in known]
        for database in found:
            if database.limit == INVALID:
                self.draft.notes.append(f"database {database.name} has no row: DROP DATABASE was interrupted, and nobody "
                                        "can enter it again. Drop it, or restore it from its backup")
        return [database for database in found if database.limit != INVALID]

    def _rows(self, homes: list[Home], databases: Mapping[str, Database], taken: Mapping[str, str],
              schema_files: Mapping[str, str]) -> None:
        services = [str(one.get("service")) for one in self.existing]
        variables: dict[str, str] = {}
        for role in sorted([*taken, *(role for home in homes for role in home.roles)]):
            variables.setdefault(role, unused(variable_of(role), variables.values()))
        for home in homes:
            service = unused(service_of(home.database), services)
            services.append(service)
            if is_closed(databases[home.database]):
                self.draft.rows.append(closed(home, service, self.name))
                continue
            made = row(self.facts, home, service, self.name, variables)
            if home.database in schema_files:
                made.keys["schema_files"] = [schema_files[home.database]]
            self.draft.rows.append(made)
            self._wish(home, made)

    def _wish(self, home: Home, made: Entry) -> None:
        others = sum(reader["connection_limit"] for reader in made.keys.get("readers", []))
        others += sum(one.keys.get("connection_limit", 0) for one in self.draft.system_roles)
        self.wishes[made.keys["service"]] = wish(self.facts, home.entering, home.database, others)

    # ---- until it is valid

    def _raw(self) -> tuple[Raw, list[Raw]]:
        """The whole matrix: what is there, and the draft. No secret is in it."""
        servers = dict(self.servers)
        if self.draft.server is not None:
            roles = [one.keys for one in self.draft.system_roles]
            servers[self.name] = {**self.draft.server.keys, **({"system_roles": roles} if roles else {})}
        return servers, [*self.existing, *(without_secrets(one.keys) for one in self.draft.rows)]

    def _parse(self, most: int | None = None) -> Matrix:
        servers, rows = self._raw()
        if most is not None:
            servers[self.name] = {**servers[self.name], "max_connections": most}
        return parse(servers, rows, secrets_withheld=True)

    def _valid(self) -> None:
        """Leave out, and say so, what the matrix does not take; limits are judged later."""
        for service, one in self.wishes.items():
            next(entry for entry in self.draft.rows if entry.keys["service"] == service).keys["connection_limit"] = one.least
        while True:
            try:
                self.draft.matrix = self._parse(MOST_CONNECTIONS)
                return
            except MatrixError as error:
                if not self._without(error):
                    raise

    def _without(self, error: MatrixError) -> bool:
        """Leave out the drafted rows and system roles that are wrong; whether there were any."""
        rows = {f"service {shown(one.keys['service'])}": one for one in self.draft.rows}
        roles = {f"system_roles[{shown(one.role)}]": one for one in self.draft.system_roles}
        found = False
        for problem in error.problems:
            entry = rows.pop(problem.row, None)
            role = roles.pop(problem.key.partition("].")[0] + "]", None) if entry is None else None
            if entry is not None:
                self.draft.rows.remove(entry)
                self.wishes.pop(entry.keys["service"], None)
                self.draft.notes.append(f"database {entry.keys['database']} has no row: {problem.key}: {problem.wrong}; "
                                        f"{problem.write}")
            elif role is not None:
                self.draft.system_roles.remove(role)
                self.draft.notes.append(f"role {role.role} is left out: {problem.key}: {problem.wrong}; {problem.write}")
            found = found or entry is not None or role is not None
        return found

    def _limits(self) -> None:
        matrix = self.draft.parsed
        spec = matrix.server(self.name)
        given = self.draft.server.keys if self.draft.server else self.servers[self.name]
        most = int(given["max_connections"])
        limits = fit(matrix, spec, self.wishes, most)
        for entry in self.draft.rows:
            service = entry.keys["service"]
            if service in limits:
                entry.keys["connection_limit"] = limits[service]
                entry.notes += _limit_notes(self.wishes[service], limits[service])
        needed = total(matrix, spec, limits)
        if needed > most:
            self._raise(most, needed)
        self.draft.matrix = self._parse(max(needed, most) if self.draft.server is None else None)

    def _raise(self, most: int, needed: int) -> None:
        note = (f"TODO: the server has {most} connections, and what its services need at least adds up to {needed}: raise "
                "max_connections there, too, or take rows away")
        if self.draft.server is not None:
            self.draft.server.keys["max_connections"] = needed
            self.draft.server.notes.append(note)
        else:
            self.draft.notes.append(note)


def _limit_notes(one: Wish, limit: int) -> list[str]:
    if one.declared and limit < one.wanted:
        return [f"TODO: its limit is {one.wanted} today, and the budget holds {limit} (seen at once: {one.seen})"]
    if not one.declared:
        return [f"it has no limit today; seen at once: {one.seen}"]
    return []


def _taken(servers: Mapping[str, Any], rows: Sequence[Raw]) -> dict[str, str]:
    """The roles of the matrix that is there, and whose they are: no two services have a role of one name."""
    found: dict[str, str] = {}
    for one in rows:
        others = [part for key in ("logins", "readers") for part in one.get(key) or () if isinstance(part, Mapping)]
        for role in (one.get("owner"), *(part.get("role") for part in others)):
            if isinstance(role, str):
                found.setdefault(role, f"a role of service {one.get('service')}")
    for name, keys in servers.items():
        for part in (keys or {}).get("system_roles") or () if isinstance(keys, Mapping) else ():
            if isinstance(part, Mapping) and isinstance(part.get("role"), str):
                found.setdefault(part["role"], f"a system role of {name}")
    return found
