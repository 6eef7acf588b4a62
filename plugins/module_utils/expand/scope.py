# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who is who on one server, by the matrix: the places (databases) it names, and the roles it names there."""

from __future__ import annotations


from ..record import record
from ..items import DATABASE_OWNER, MAINTENANCE
from ..matrix.types import ACTIVE, EVERYWHERE, EXTERNAL, PLANNED, RETIRED, Allocation, Matrix, ServerSpec, SystemRole
from ..matrix.uses import Rights, rights

MAINTAINED = "maintenance"


@record(frozen=True)
class Place:
    """A database that the matrix names. `kind`: active, retired or maintenance. `systems`: the system roles that may
    enter (`required`: those that must be able to)."""

    name: str
    kind: str
    owner: str
    row: Allocation | None = None
    systems: tuple[str, ...] = ()
    limit: int | None = None

    @property
    def service(self) -> str | None:
        return self.row.service if self.row else None

    @property
    def logins(self) -> tuple[str, ...]:
        """What the service logs in with beside its owner."""
        return tuple(login.role for login in self.row.logins) if self.row and self.kind == ACTIVE else ()

    @property
    def readers(self) -> tuple[str, ...]:
        return tuple(reader.role for reader in self.row.readers) if self.row and self.kind == ACTIVE else ()

    def may_enter(self, role: str) -> bool:
        """Whether `role`, no superuser, has business here at all."""
        own = self.kind == ACTIVE and role in (self.owner, *self.logins, *self.readers)
        return own or role in self.systems


@record(frozen=True)
class Identity:
    """What the matrix says a role is: owner, login, reader, system or retired; of which row; with which limit.
    `may_login`: whether it shall have LOGIN; `managed`: whether its password is the matrix's to set."""

    kind: str
    row: Allocation | None
    may_login: bool
    limit: int | None
    managed: bool = False
    rights: Rights | None = None


class Scope:
    """The matrix of one server, indexed."""

    def __init__(self, matrix: Matrix, server: str, bootstrap: str) -> None:
        self.matrix, self.spec, self.bootstrap = matrix, matrix.server(server), bootstrap
        self.rows = matrix.on(server)
        self.places = {place.name: place for place in (*map(self._place, self._present()), *self._maintenance())}
        self.roles: dict[str, Identity] = dict(self._identities())
        self.absent = {row.database: row for row in self.rows if row.status in (PLANNED, EXTERNAL)}

    @property
    def server(self) -> ServerSpec:
        return self.spec

    def passwords(self) -> dict[str, str | None]:
        """The declared password of each role of this server."""
        found: dict[str, str | None] = {}
        for row in self.rows:
            if row.status == ACTIVE:
                found[row.owner] = row.password
                found.update({login.role: login.password for login in row.logins})
                found.update({reader.role: reader.password for reader in row.readers})
        return found

    def service_of(self, database: str) -> str | None:
        """The service whose database this is, also if it shall not exist."""
        place = self.places.get(database)
        row = place.row if place else self.absent.get(database)
        return row.service if row else None

    def row_of(self, role: str) -> Allocation | None:
        identity = self.roles.get(role)
        return identity.row if identity else None

    def home(self, role: str) -> str:
        """A role in words: whose it is."""
        identity = self.roles.get(role)
        if role == self.bootstrap:
            return "the superuser"
        if identity is None:
            planned = next((row for row in self.absent.values() if row.owner == role), None)
            return f"the {planned.status} service {planned.service}" if planned else "nobody that the matrix knows"
        return f"service {identity.row.service}" if identity.row else "the server's administration"

    def system_rights(self) -> dict[str, Rights]:
        return {role.role: rights(role) for role in self.spec.system_roles}

    def _present(self) -> list[Allocation]:
        return [row for row in self.rows if row.status in (ACTIVE, RETIRED)]

    def _enters(self, database: str) -> list[SystemRole]:
        everywhere = database != "template1" and database != "template0"
        return [role for role in self.spec.system_roles for connect in (rights(role).connect,)
                if database in connect or (everywhere and EVERYWHERE in connect)]

    def _place(self, row: Allocation) -> Place:
        systems = self._enters(row.database)
        limit = row.connection_limit + sum(reader.connection_limit for reader in row.readers)
        limit += sum(role.connection_limit or 0 for role in systems)
        return Place(row.database, row.status, row.owner, row, tuple(role.role for role in systems),
                     limit if row.status == ACTIVE else None)

    def _maintenance(self) -> list[Place]:
        return [Place(name, MAINTAINED, self.bootstrap, None, tuple(role.role for role in self._enters(name)))
                for name in MAINTENANCE]

    def _identities(self) -> list[tuple[str, Identity]]:
        found = []
        for row in self.rows:
            if row.status == RETIRED:
                found.append((row.owner, Identity("retired", row, False, None)))
            if row.status != ACTIVE:
                continue
            own = not row.logins
            found.append((row.owner, Identity("owner", row, own, row.connection_limit if own else None,
                                              own and row.password is not None)))
            found += [(login.role, Identity("login", row, True, row.connection_limit, login.password is not None))
                      for login in row.logins]
            found += [(reader.role, Identity("reader", row, True, reader.connection_limit, reader.password is not None))
                      for reader in row.readers]
        found += [(role.role, Identity("system", None, "LOGIN" in rights(role).attributes, role.connection_limit,
                                       False, rights(role))) for role in self.spec.system_roles]
        return found


def schema_owners(owner: str) -> tuple[str, str]:
    """Who may own schema public of a database of `owner`."""
    return (owner, DATABASE_OWNER)
