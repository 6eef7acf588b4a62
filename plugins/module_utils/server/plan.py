# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What one run of the role `postgresql_server` will do on one host: everything that its tasks need to know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import GoodNeighborError
from ..matrix.parse import parse
from ..matrix.types import ACTIVE, Matrix, ServerSpec, SystemRole
from ..matrix.uses import rights
from . import addresses, problems, settings
from .host import FOREIGN, Host
from .options import Options

OURS = ("operator", "replication")  # uses whose roles belong to the server itself; other roles make the others


def spec_of(matrix: Matrix, server: str) -> ServerSpec:
    """The managed server of that name. Raises GoodNeighborError where the matrix has none, or it is external."""
    known = {spec.name: spec for spec in matrix.servers}
    if server not in known:
        raise GoodNeighborError(f"{server} is none of good_neighbor_servers: write its name there, or say with "
                                f"good_neighbor_server which of {', '.join(sorted(known))} this host is")
    if not known[server].managed:
        raise GoodNeighborError(f"{server} is not managed: it is external and never touched; take it out of the play")
    return known[server]


def plan(servers: object, allocation: object, server: str, host: Host, options: Options) -> dict[str, Any]:
    """The plan of a run, as JSON: problems, versions, paths, packages, settings, and what may be changed.

    Holds no secret. Raises MatrixError where the matrix is wrong, GoodNeighborError where the server is not ours.
    """
    matrix = parse(servers, allocation, secrets_withheld=True)
    spec = spec_of(matrix, server)
    found = problems.problems(matrix, spec, host, options)
    known = bool(host.version) and not found
    chosen = _settings(matrix, spec, host, options) if known else {}
    reserve = "reserved_connections" in chosen  # from PostgreSQL 16 on
    return {
        "server": server,
        "problems": found,
        "port": spec.port,
        "changes": known and options.changes(host),
        "manages_hba": options.manages_hba(host),
        "roles": [_role(role) for role in spec.system_roles if role.use in OURS],
        "operators": [role.role for role in spec.system_roles if role.use == "operator" and reserve],
        "databases": ["postgres", "template1", *(row.database for row in matrix.on(server) if row.status == ACTIVE)],
        "limits": {row.owner: 0 for row in matrix.on(server) if row.status == ACTIVE and row.logins},
        "superuser_limit": spec.maintenance_connections,
        "packages": problems.wanted(matrix, spec, host, options),
        "settings": chosen,
        "text": settings.text(chosen),
        "remarks": _remarks(host),
        **_places(host),
    }


def _settings(matrix: Matrix, spec: ServerSpec, host: Host, options: Options) -> dict[str, str]:
    listen = addresses.listen(addresses.clients(matrix, spec.name), host.networks)
    if host.state == FOREIGN and not options.manages_hba(host):
        listen = host.present.get("listen_addresses") or listen  # doors and addresses are closed together
    preload = settings.libraries(options.libraries, host)
    found = settings.settings(spec, host, listen, preload, options.memory or host.memory)
    return settings.overridden(found, options.settings)


def _role(role: SystemRole) -> dict[str, Any]:
    """A system role that the server needs: its attributes, and nothing that the engine would take away again."""
    attributes = sorted(rights(role).attributes)
    limit = -1 if role.connection_limit is None else role.connection_limit
    return {"role": role.role, "attributes": ",".join(attributes), "limit": limit}


def _places(host: Host) -> Mapping[str, str]:
    folder = settings.config_directory(host)
    return {
        "version": host.version,
        "cluster": host.cluster,
        "state": host.state,
        "unit": f"postgresql@{host.version}-{host.cluster}.service",
        "config_directory": folder,
        "drop_in": f"{folder}/conf.d/good_neighbor.conf",
        "pem": settings.pem_path(host),
        "passphrase_file": settings.passphrase_path(host),
        "data_directory": host.data_directory or f"/var/lib/postgresql/{host.version}/{host.cluster}",
        "log_directory": f"/var/log/postgresql/{host.version}-{host.cluster}",
        "bin": f"/usr/lib/postgresql/{host.version}/bin",
    }


def _remarks(host: Host) -> list[str]:
    """What a person should know and the role leaves alone."""
    if not host.version:
        return ["apt has not read its package sources yet, so it is not known which PostgreSQL would come: apt-get update"]
    if host.checksums is False:
        return ["the cluster has no data checksums; pg_checksums --enable turns them on while it is stopped, "
                "which this role never does to a server that somebody uses"]
    return []
