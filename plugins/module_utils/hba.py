# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""pg_hba.conf as the matrix wants it: every login at its own door, from its own addresses, and nobody else.

PostgreSQL takes the first line that fits: https://www.postgresql.org/docs/current/auth-pg-hba-conf.html
"""

from __future__ import annotations

import re
from ipaddress import ip_network
from itertools import zip_longest

from .record import record
from .errors import GoodNeighborError
from .matrix.types import ACTIVE, EVERYWHERE, Allocation, Matrix, SystemRole
from .matrix.uses import rights

HEADER = """\
# {file} of {server}, written from the allocation matrix. Changes here are overwritten: change the matrix.
"""
LOCAL = "local"
METHOD = "scram-sha-256"
KEYWORDS = {"all", "sameuser", "samerole", "samegroup", "replication"}
Words = tuple[str, ...]  # a line, by its words; a line that the operator wrote is one word
REJECTED: tuple[Words, ...] = (
    ("local", "all", "all", "reject"),
    ("local", "replication", "all", "reject"),
    ("hostssl", "all", "all", "all", "reject"),
    ("hostnossl", "all", "all", "all", "reject"),
    ("host", "replication", "all", "all", "reject"),
)


@record(frozen=True)
class Section:
    """Lines of one origin. `origin` is what a comment above them says, and what an error in one of them is blamed on."""

    origin: str
    lines: tuple[Words, ...]


def lines(matrix: Matrix, server: str) -> list[str]:
    """The lines of `server`'s pg_hba.conf, in order: the operator's own, services, system roles, everybody rejected.

    Only active rows get lines. Passwords cross a network inside TLS only: loopback is `host`, the rest `hostssl`.
    """
    return [" ".join(words) for section in sections(matrix, server) for words in section.lines]


def sections(matrix: Matrix, server: str) -> list[Section]:
    """The same lines by where they come from, replication apart. What stands twice counts where it stands first."""
    spec = matrix.server(server)
    found = [Section(f"hba of server {server} in good_neighbor_servers", tuple((line,) for line in spec.hba))]
    found += [Section(f"service {row.service} in good_neighbor_allocation: database {row.database}", tuple(_row_lines(row)))
              for row in matrix.on(server) if row.status == ACTIVE]
    found += [Section(f"system_roles of server {server}: {role.role} ({role.use or role.purpose or 'no purpose given'})",
                      tuple(_system_lines(role))) for role in spec.system_roles]
    found.append(Section(f"system_roles of server {server}: replication",
                         tuple(line for role in spec.system_roles for line in _replication_lines(role))))
    found.append(Section("everybody else is turned away", REJECTED))
    seen: set[str] = set()
    single = []
    for section in found:
        mine = {" ".join(words): words for words in section.lines if " ".join(words) not in seen or words in REJECTED}
        seen.update(mine)
        if mine:
            single.append(Section(section.origin, tuple(mine.values())))
    return single


def text(matrix: Matrix, server: str) -> str:
    """The whole pg_hba.conf of `server`: a header, then each section under a comment, its columns aligned."""
    blocks = [HEADER.format(file="pg_hba.conf", server=server)]
    for section in sections(matrix, server):
        rows = [(*words[:3], "", words[3]) if len(words) == 4 else words for words in section.lines]
        widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
        aligned = ["  ".join(word.ljust(size) for word, size in zip(row, widths)).rstrip() for row in rows]
        blocks.append("\n".join([f"# {section.origin}.", *aligned]) + "\n")
    return "\n".join(blocks)


def ident_text(matrix: Matrix, server: str) -> str:
    """The whole pg_ident.conf of `server`: all lines are the operator's."""
    lines = matrix.server(server).ident
    origin = f"# ident of server {server} in good_neighbor_servers.\n"
    return HEADER.format(file="pg_ident.conf", server=server) + ("\n" + origin + "\n".join(lines) + "\n" if lines else "")


def line(database: str, role: str, address: str) -> str:
    """One line that lets `role` into `database` from `address` with its password. Database and role as hba words."""
    return " ".join(_words(database, role, address))


def _words(database: str, role: str, address: str, local: str = METHOD) -> Words:
    if address == LOCAL:
        return ("local", database, role, local)
    kind = "host" if ip_network(address, strict=False).is_loopback else "hostssl"
    return (kind, database, role, address, METHOD)


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


def _row_lines(row: Allocation) -> list[Words]:
    logins = [(login.role, row.client_addresses) for login in row.logins] or [(row.owner, row.client_addresses)]
    if row.schema_files:
        # they are applied in a session of the owner, on the server itself wherever the service lives; an owner that cannot
        # log in may do so for that moment only
        logins.append((row.owner, ("local", *row.client_addresses) if row.logins else ("local",)))
    logins += [(reader.role, reader.client_addresses) for reader in row.readers]
    return [_words(word(row.database), word(role), address) for role, addresses in logins for address in addresses]


def _system_lines(role: SystemRole) -> list[Words]:
    databases = ["all" if name == EVERYWHERE else word(name) for name in rights(role).connect]
    # who backs up or watches is an account of the host, and has no password that could be stolen
    local = "peer" if role.use in ("backup", "monitoring") else METHOD
    return [_words(database, word(role.role), address, local) for database in databases for address in role.client_addresses]


def _replication_lines(role: SystemRole) -> list[Words]:
    """`all` does not include replication."""
    if "REPLICATION" not in rights(role).attributes:
        return []
    return [_words("replication", word(role.role), address) for address in role.client_addresses]


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
