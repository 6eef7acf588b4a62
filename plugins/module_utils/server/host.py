# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the role knows of a host before it changes anything, as typed values. `server_info` reads it, `plan` judges it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

# How far the cluster is: not there; its making was begun; made, but no run has come to its end; ours; somebody else's.
ABSENT, MAKING, MADE, FINISHED, FOREIGN = "absent", "making", "made", "finished", "foreign"
NEW = (ABSENT, MAKING, MADE)


@dataclass(frozen=True)
class Network:
    """One address of the host, with its prefix; `default` where its interface is the way to everywhere else."""

    address: str  # 192.0.2.7/24
    default: bool = False


@dataclass(frozen=True)
class Host:
    """A host and the one cluster on it that the matrix speaks of. Sizes in MiB; memory as the kernel sees it."""

    version: str  # the major: of the cluster that is there, of what was asked for, or of the distribution; "" if unknown
    cluster: str
    state: str
    running: bool = False
    config_directory: str = ""
    data_directory: str = ""
    checksums: bool | None = None
    includes: bool = False  # whether postgresql.conf reads conf.d
    present: Mapping[str, str] = field(default_factory=dict)  # what its files say of settings.KEPT
    clusters: tuple[str, ...] = ()  # all of the host, as 17/main
    other_ports: Mapping[str, int] = field(default_factory=dict)  # the ports of the other clusters
    port_program: str = ""  # who listens on the port, where it is not this cluster
    installed: tuple[str, ...] = ()  # packages
    candidates: tuple[str, ...] = ()  # packages that a source offers
    sources: bool = False  # whether the host knows any source of packages
    lists: bool = False  # whether it has read them
    memory: int = 0
    processors: int = 1
    disk_size: int = 0  # of the file system that holds the data, or will
    disk_free: int = 0
    interrupted: bool = False  # whether a run of dpkg was killed
    umask: bool = True  # whether sessions take the umask that an account's entry names (pam_umask)
    networks: tuple[Network, ...] = ()
    distribution: str = ""

    @property
    def new(self) -> bool:
        """Whether nobody can use the cluster yet: it is not there, or no run of ours has come to its end."""
        return self.state in NEW


def host(found: Mapping[str, Any]) -> Host:
    """The typed host of what `server_info` returned as JSON."""
    values: dict[str, Any] = {known.name: found[known.name] for known in fields(Host) if known.name in found}
    for name, value in values.items():
        if isinstance(value, list):
            values[name] = tuple(Network(**item) if name == "networks" else str(item) for item in value)
    return Host(**values)
