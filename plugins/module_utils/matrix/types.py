# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The allocation matrix as typed values: what `parse` makes of the user's rows once they are known to be right.

Defaults stand here and nowhere else. Secrets are fields of their own (`password`), never part of a repr.
"""

# pylint: disable=invalid-field-call  # a record is a dataclass
from __future__ import annotations

from dataclasses import field

from ..record import record

LOCAL_ADDRESSES = ("local", "127.0.0.1/32", "::1/128")
DEFAULT_HBA = ("local all postgres peer",)
ACTIVE, PLANNED, EXTERNAL, RETIRED = "active", "planned", "external", "retired"
STATUSES = (ACTIVE, PLANNED, EXTERNAL, RETIRED)
MODES = ("audit", "additive", "enforce")
EVERYWHERE = "*"


@record(frozen=True)
class Login:
    """A role that a service logs in with beside an owner that cannot; it has the row's limit and addresses."""

    role: str
    password: str | None = field(default=None, repr=False)


@record(frozen=True)
class Reader:
    """A read-only login of one database. `client_addresses` is the row's where the reader names none."""

    role: str
    connection_limit: int
    password: str | None = field(default=None, repr=False)
    client_addresses: tuple[str, ...] = LOCAL_ADDRESSES


@record(frozen=True)
class ClientPool:
    """Pool sizes of a rendered settings file, in connections."""

    min: int = 1
    max: int = 1


@record(frozen=True)
class EnvFile:
    """A settings file of a service. `owner`, `group`: None is the running account."""

    path: str
    format: str  # dotenv | python | url
    variable: str | None = None
    login: str | None = None
    owner: str | None = None
    group: str | None = None
    mode: str = "0640"
    reload: str | None = None


@record(frozen=True)
class ObjectGrant:
    """A grant that a system role may hold on one object."""

    database: str
    type: str
    name: str
    privileges: tuple[str, ...]


@record(frozen=True)
class SystemRole:
    """A role that belongs to the server. `use` fixes its rights; without one, what it may is written out."""

    role: str
    use: str | None = None
    purpose: str | None = None
    attributes: tuple[str, ...] = ()
    member_of: tuple[str, ...] = ()
    connect: tuple[str, ...] = ()  # databases, or EVERYWHERE
    connection_limit: int | None = None
    client_addresses: tuple[str, ...] = ()
    grants: tuple[ObjectGrant, ...] = ()


@record(frozen=True)
class Acceptance:
    """An entry of a server's `exceptions`: a violation accepted until `expires` (a day, ISO 8601, inclusive)."""

    rule: str
    object: str
    reason: str
    expires: str


@record(frozen=True)
class ServerSpec:
    """One entry of `good_neighbor_servers`."""

    name: str
    managed: bool = True
    mode: str = "audit"
    port: int = 5432
    max_connections: int = 0
    maintenance_connections: int = 0
    system_roles: tuple[SystemRole, ...] = ()
    exceptions: tuple[Acceptance, ...] = ()
    hba: tuple[str, ...] = DEFAULT_HBA
    ident: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    replication_slots: tuple[str, ...] = ()
    client_host: str = "localhost"
    system_identifier: str = ""
    api_url: str = ""


@record(frozen=True)
class Allocation:
    """One row: one service, its one database, its one owner role."""

    service: str
    title: str
    server: str
    database: str
    owner: str
    purpose: str
    status: str
    password: str | None = field(default=None, repr=False)
    logins: tuple[Login, ...] = ()
    connection_limit: int = 0
    backup: str | None = None
    service_port: int | None = None
    latency_target_ms: int | None = None
    extensions: tuple[str, ...] = ()
    readers: tuple[Reader, ...] = ()
    tables: tuple[str, ...] = ()
    vectors: bool = False
    publications: tuple[str, ...] = ()
    schema_files: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()  # sorted by name
    client_addresses: tuple[str, ...] = LOCAL_ADDRESSES
    client_pool: ClientPool | None = None
    env_files: tuple[EnvFile, ...] = ()
    soft_delete_only: bool = False

    @property
    def secret_managed(self) -> bool:
        """Whether the row says what the service logs in with (a password of the owner, or logins)."""
        return bool(self.logins) or self.password is not None


@record(frozen=True)
class Matrix:
    """The whole matrix: servers by name, rows in the order in which they were written."""

    servers: tuple[ServerSpec, ...]
    rows: tuple[Allocation, ...]

    def server(self, name: str) -> ServerSpec:
        """The server `name`. Raises KeyError if there is none."""
        return {server.name: server for server in self.servers}[name]

    def on(self, server: str) -> tuple[Allocation, ...]:
        """The rows of one server."""
        return tuple(row for row in self.rows if row.server == server)
