# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""pg_hba.conf as the matrix wants it: every login at its own door, from its own addresses, and nobody else.

PostgreSQL takes the first line that fits: https://www.postgresql.org/docs/current/auth-pg-hba-conf.html
"""

from __future__ import annotations

import re
from ipaddress import ip_network

from .errors import GoodNeighborError
from .matrix.types import ACTIVE, EVERYWHERE, Allocation, Matrix, SystemRole
from .matrix.uses import rights

LOCAL = "local"
METHOD = "scram-sha-256"
KEYWORDS = {"all", "sameuser", "samerole", "samegroup", "replication"}
REJECTED = (
    "local all all reject",
    "local replication all reject",
    "host all all all reject",
    "host replication all all reject",
)


def lines(matrix: Matrix, server: str) -> list[str]:
    """The lines of `server`'s pg_hba.conf, in order: the operator's own, services, system roles, everybody rejected.

    Only active rows get lines. Passwords cross a network inside TLS only: loopback is `host`, the rest `hostssl`.
    """
    spec = matrix.server(server)
    found = list(spec.hba)
    for row in matrix.on(server):
        if row.status == ACTIVE:
            found += _row_lines(row)
    for role in spec.system_roles:
        found += _system_lines(role)
    return [*dict.fromkeys(found), *REJECTED]


def line(database: str, role: str, address: str) -> str:
    """One line that lets `role` into `database` from `address` with its password. Database and role as hba words."""
    if address == LOCAL:
        return f"local {database} {role} {METHOD}"
    kind = "host" if ip_network(address, strict=False).is_loopback else "hostssl"
    return f"{kind} {database} {role} {address} {METHOD}"


def word(name: str) -> str:
    """A database's or role's name as one word of pg_hba.conf that means this name and nothing else."""
    if "\n" in name or "\r" in name:
        raise GoodNeighborError(f"the name {name!r} holds a line break, which pg_hba.conf cannot carry; rename it")
    if re.fullmatch(r"[a-z_][a-z0-9_]*", name) and name not in KEYWORDS:
        return name
    if name.startswith("/"):
        # From PostgreSQL 16 on a leading slash means a regular expression, quoted or not
        name = "/^" + re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", name) + "$"
    return '"' + name.replace('"', '""') + '"'


def _row_lines(row: Allocation) -> list[str]:
    logins = [(login.role, row.client_addresses) for login in row.logins] or [(row.owner, row.client_addresses)]
    if row.logins and row.schema_files:
        # an owner that cannot log in may do so while its schema files are applied; at all other times nobody can
        logins.append((row.owner, row.client_addresses))
    logins += [(reader.role, reader.client_addresses) for reader in row.readers]
    return [line(word(row.database), word(role), address) for role, addresses in logins for address in addresses]


def _system_lines(role: SystemRole) -> list[str]:
    may = rights(role)
    databases = ["all" if name == EVERYWHERE else word(name) for name in may.connect]
    if "REPLICATION" in may.attributes:
        databases.append("replication")  # `all` does not include it
    return [line(database, word(role.role), address) for database in databases for address in role.client_addresses]


def network(address: str | None, netmask: str | None) -> str:
    """An address of pg_hba.conf in one form: a network in CIDR notation, or the word that stands there."""
    if address is None:
        return ""
    if netmask is None:
        return address
    return str(ip_network(f"{address.partition('%')[0]}/{_bits(netmask)}", strict=False))


def _bits(netmask: str) -> int:
    """The length of a prefix whose netmask is written out, for IPv4 or IPv6."""
    return bin(int(ip_network(netmask).network_address)).count("1")
