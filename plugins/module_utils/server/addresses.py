# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the server listens: on loopback, and on those addresses of the host by which somebody of the matrix comes in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import ip_interface, ip_network

from ..matrix.types import ACTIVE, Matrix
from .host import Network

LOOPBACK = "localhost"  # 127.0.0.1 and ::1, as far as the host has them
LOCAL = "local"


def clients(matrix: Matrix, server: str) -> list[str]:
    """The networks off the host from which somebody of the matrix may come, sorted."""
    found: set[str] = set()
    for row in matrix.on(server):
        if row.status == ACTIVE:
            found.update(row.client_addresses)
            for reader in row.readers:
                found.update(reader.client_addresses)
    for role in matrix.server(server).system_roles:
        found.update(role.client_addresses)
    return sorted(address for address in found if address != LOCAL and not ip_network(address).is_loopback)


def listen(wanted: Iterable[str], networks: Sequence[Network]) -> str:
    """The value of listen_addresses for clients of the networks `wanted`, on a host with `networks`.

    A client is reached by the host's address in its network; one that is nowhere near, by the address on the way out.
    https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-LISTEN-ADDRESSES
    """
    found = [LOOPBACK]
    for client in wanted:
        network = ip_network(client)
        same = [own for own in networks if ip_interface(own.address).version == network.version]
        near = [own for own in same if ip_interface(own.address).network.overlaps(network)]
        for own in near or [own for own in same if own.default] or same:
            found.append(str(ip_interface(own.address).ip))
    return ", ".join(dict.fromkeys(found))


def unreachable(wanted: Iterable[str], networks: Sequence[Network]) -> list[str]:
    """Clients that cannot come in at all: the host has no address of their kind."""
    versions = {ip_interface(own.address).version for own in networks}
    return [client for client in wanted if ip_network(client).version not in versions]
