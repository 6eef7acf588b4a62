# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the matrix and the role's variables mean for one database host: pure, on the controller, before a host is touched."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import GoodNeighborError
from ..matrix.parse import parse
from ..matrix.types import ACTIVE, RETIRED, Allocation, ServerSpec, SystemRole
from ..matrix import uses
from . import layout, recipients
from .config import Config, Service, to_json

USE = "backup"
REMOTE = "offsite"  # its name in rclone.conf
PLACE = "/data"  # where backups lie at our own host offsite, as its account sees it
DIRECTORY, STATE = "/var/backups/good_neighbor", "/var/lib/good_neighbor-backup"
_ACCOUNT = r"[a-z_][a-z0-9_-]{0,30}"


@dataclass(frozen=True)
class Wishes:
    """The role's variables. `acts`: whether this run may change the host. `offsite_hosts`: those of the group."""

    acts: bool
    recipients: tuple[Any, ...]
    offsite: bool
    remote: Mapping[str, Any]
    remote_path: str
    offsite_hosts: tuple[str, ...]
    host: str
    keep_days: int
    keep_least: int
    smallest_share: float
    lock_timeout: int
    longest: int
    socket: str


def plan(servers: object, allocation: object, server: str, wishes: Wishes) -> dict[str, Any]:
    """What the tasks need to know, as JSON without secrets: problems, the role in PostgreSQL, services, paths.

    Raises MatrixError where the matrix is wrong, GoodNeighborError where it does not know the server.
    """
    matrix = parse(servers, allocation, secrets_withheld=True)
    (spec, role, login), wanted = uses.login(matrix, server, USE), bool(wishes.recipients)
    rows = [row for row in matrix.on(server) if row.status in (ACTIVE, RETIRED)]
    services = [_service(row, wishes) for row in rows]
    return {
        "problems": _problems(spec, role, services, wishes) if wanted else [],
        "acts": wanted and wishes.acts and spec.managed,
        "remark": _remark(server, wanted, wishes),
        **login,
        "services": [vars(service) for service in services],
        "carries": any(service.offsite for service in services),
        "own_offsite": bool(wishes.offsite and not wishes.remote and wishes.offsite_hosts),
        "remote": _remote(services, wishes),
        "directory": DIRECTORY,
        "folder": f"{DIRECTORY}/{layout.folder(server)}",
        "state": STATE,
    }


def config(found: Mapping[str, Any], wishes: Wishes, keys: Sequence[str]) -> str:
    """The program's configuration. `keys`: the public keys of the drill hosts, besides the operators'."""
    services = tuple(Service(**service) for service in found["services"])
    everybody = tuple(dict.fromkeys([*wishes.recipients, *keys]))
    return to_json(Config(
        found["server"], found["directory"], found["state"], wishes.socket, found["port"], found["role"], "", everybody,
        found["remote"], wishes.keep_days, wishes.keep_least, wishes.smallest_share, wishes.lock_timeout, wishes.longest,
        services)).decode()


def _service(row: Allocation, wishes: Wishes) -> Service:
    return Service(row.service, row.database, row.owner, str(row.backup), row.backup == "critical" and wishes.offsite)


def _remote(services: Sequence[Service], wishes: Wishes) -> str:
    if not any(service.offsite for service in services):
        return ""
    return f"{REMOTE}:{wishes.remote_path or '' if wishes.remote else PLACE}"


def _remark(server: str, wanted: bool, wishes: Wishes) -> str:
    if not wanted:
        return f"{server}: no backups are set up, for backups_recipients names no public key"
    return "" if wishes.acts else f"{server}: backups are left as they are: the mode is audit, or the host is not ours"


def _problems(spec: ServerSpec, role: SystemRole | None, services: Sequence[Service], wishes: Wishes) -> list[str]:
    return [*recipients.problems(wishes.recipients), *_of_the_role(spec, role), *_of_the_remote(services, wishes),
            *_of_the_numbers(wishes), *_of_the_names(spec, services)]


def _of_the_role(spec: ServerSpec, role: SystemRole | None) -> list[str]:
    entry = "{role: gn_backup, use: backup, connection_limit: 2, client_addresses: [local]}"
    if role is None:
        return [f"server {spec.name}: none of its system_roles has use: backup; write {entry}"]
    found = []
    if "local" not in role.client_addresses:
        found.append(f"server {spec.name}: {role.role} comes in over the socket; write client_addresses: [local]")
    if (role.connection_limit or 0) < 2:
        found.append(f"server {spec.name}: {role.role} needs two connections at once; write connection_limit: 2")
    if not re.fullmatch(_ACCOUNT, role.role):
        found.append(f"server {spec.name}: an account of the host cannot be called {role.role}, which the backups need; "
                     "use gn_backup")
    return found


def _of_the_remote(services: Sequence[Service], wishes: Wishes) -> list[str]:
    critical = [service.service for service in services if service.offsite]
    if wishes.remote:
        odd = [key for key, value in wishes.remote.items() if any(sign in f"{key}{value}" for sign in "\r\n")]
        faults = [f"backups_remote: {key} has a line break in it" for key in odd]
        return faults if wishes.remote.get("type") else [*faults, "backups_remote: type is missing, such as s3 or sftp"]
    if not critical:
        return []
    hosts = wishes.offsite_hosts
    if not hosts:
        return [f"the backups of {', '.join(critical)} are critical and have no place to be copied to: put a host into the "
                "group good_neighbor_offsite, write backups_remote, or say backups_offsite: false"]
    if len(hosts) > 1:
        return [f"there are {len(hosts)} hosts in good_neighbor_offsite, and one is used: take the others out"]
    return ["the host in good_neighbor_offsite is the database host itself: what takes one takes both"] \
        if hosts[0] == wishes.host else []


def _of_the_numbers(wishes: Wishes) -> list[str]:
    counts = ("keep_days", "keep_least", "lock_timeout", "longest")
    found = [f"backups_{name}: write a number of at least 1" for name in counts if getattr(wishes, name) < 1]
    if not 0 <= wishes.smallest_share <= 1:
        found.append("backups_smallest_share: write a number from 0 to 1")
    return found


def _of_the_names(spec: ServerSpec, services: Sequence[Service]) -> list[str]:
    found = []
    for name in [spec.name, *(service.service for service in services)]:
        try:
            layout.folder(name)
        except GoodNeighborError as error:
            found.append(str(error))
    return found
