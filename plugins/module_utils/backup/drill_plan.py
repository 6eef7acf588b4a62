# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the matrix means for a drill host: which backups it restores, and where it finds them. Pure, on the controller."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import GoodNeighborError
from ..matrix.parse import parse
from ..matrix.types import ACTIVE, RETIRED, Allocation
from ..server import packages
from . import remote_file
from .drill_config import Config, Subject, to_json
from .planning import PLACE, REMOTE

STATE = "/var/lib/good_neighbor-drill"
BINDIRS = "/usr/lib/postgresql/*/bin"
_READER, _OFFSITE_READER = "gn_backup_read", "gn_offsite_read"  # whom the database hosts and the one offsite let in to read


@dataclass(frozen=True)
class Wishes:
    """The role's variables. `databases`, `offsite_hosts`: hosts of the groups. `offsite`: whether critical rows are."""

    databases: tuple[str, ...]
    offsite_hosts: tuple[str, ...]
    offsite: bool
    remote: Mapping[str, Any]
    remote_path: str
    longest: int
    max_age: int


def plan(servers: object, allocation: object, wishes: Wishes, variables: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What the tasks need: the program's configuration, rclone's, the hosts whose keys must be known, extensions.

    Raises MatrixError where the matrix is wrong, GoodNeighborError where no host has a server's backups.
    """
    matrix = parse(servers, allocation, secrets_withheld=True)
    hosts = {str(variables[host].get("good_neighbor_server", host)): host for host in wishes.databases}
    rows = [row for row in matrix.rows if row.status in (ACTIVE, RETIRED) and row.backup and row.server in hosts]
    own = bool(wishes.offsite_hosts) and not wishes.remote
    subjects = tuple(_subject(row, hosts[row.server], wishes, own) for row in rows)
    needed = {subject.shelf.partition(":")[0] for subject in subjects}
    known = [host for host in dict.fromkeys(hosts.values()) if _name(host) in needed]
    remotes = {_name(host): _remote(host, variables, _READER) for host in known}
    if REMOTE in needed:
        remotes[REMOTE] = _remote(wishes.offsite_hosts[0], variables, _OFFSITE_READER) if own else dict(wishes.remote)
    return {
        "config": to_json(Config(STATE, BINDIRS, wishes.longest, wishes.max_age, subjects)).decode(),
        "rclone": "".join(remote_file.text(remote, name) for name, remote in sorted(remotes.items())),
        "known": [*known, *(wishes.offsite_hosts[:1] if own and REMOTE in needed else ())],
        "extensions": sorted({name for row in rows for name in row.extensions}),
    }


def packages_of(extensions: Iterable[str], majors: Sequence[str]) -> list[str]:
    """What holds the extensions, for each major version of PostgreSQL on the host."""
    return sorted({name for major in majors for name in packages.needed(major, extensions)})


def _subject(row: Allocation, host: str, wishes: Wishes, own: bool) -> Subject:
    shelf = f"{_name(host)}:"
    if row.backup == "critical" and wishes.offsite:
        if not own and not wishes.remote:
            raise GoodNeighborError(f"service {row.service} is critical, and there is no place offsite: put a host into "
                                    "good_neighbor_offsite, set backups_remote, or write backups_offsite: false")
        shelf = f"{REMOTE}:{PLACE if own else wishes.remote_path}"
    return Subject(row.server, row.service, row.database, str(row.backup), shelf, row.extensions, row.publications)


def _name(host: str) -> str:
    """What rclone calls a database host: its names may hold neither dots nor colons everywhere."""
    return "host_" + "".join(letter if letter.isalnum() else f"_{ord(letter):x}_" for letter in host)


def _remote(host: str, variables: Mapping[str, Mapping[str, Any]], account: str) -> dict[str, object]:
    return remote_file.sftp(*remote_file.address_of(host, variables[host]), account, STATE)
