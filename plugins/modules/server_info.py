#!/usr/bin/python
# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module server_info: a host and its PostgreSQL, before anything is changed."""

from __future__ import annotations

DOCUMENTATION = r"""
module: server_info
short_description: Tell what a host has, and which PostgreSQL is on it
description:
  - Reads the size of the host, its addresses, its packages, and its clusters as postgresql-common lays them out.
  - Changes nothing and asks no server. The filter P(bbworlds.good_neighbor.server_plan#filter) judges what it returns.
version_added: 0.1.0
author: BBWorlds (@bbworlds)
options:
  version:
    description: The major version that is wanted. By default that of the cluster that is there, else the distribution's.
    type: str
    default: ""
  cluster:
    description: The name of the cluster.
    type: str
    default: main
  port:
    description: The port that the server will have.
    type: int
    default: 5432
  names:
    description: Libraries and extensions that will be needed, to look for their packages.
    type: list
    elements: str
    default: []
  packages:
    description: Further packages that will be needed.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    description: Can run in check mode, for it changes nothing.
    support: full
  idempotent:
    description: Reads only.
    support: full
requirements:
  - Debian, or a distribution made from it
"""

EXAMPLES = r"""
- name: The host is known
  bbworlds.good_neighbor.server_info:
    names: [pg_stat_statements, vector]
  register: found
  become: true
"""

RETURN = r"""
host:
  description:
    - The version and name of the cluster, how far it is (C(state)), its folders, whether it runs, has checksums and reads
      C(conf.d), some of its settings (C(present)), other clusters, who has the port.
    - Packages that are installed or offered; memory, processors and disk in MiB; addresses.
  returned: always
  type: dict
  sample: {version: "17", cluster: main, state: absent, memory: 7944, processors: 4}
"""

from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.server import clusters, packages, reading, settings
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.server.host import ABSENT, Host

META = "postgresql"  # the package that depends on the distribution's own version; 17+278 and the like


def version_of(module: AnsibleModule, run: clusters.Run) -> str:
    """The major that is meant: asked for, there already, or the distribution's."""
    there = [one for one in clusters.everything() if one.name == module.params["cluster"]]
    if module.params["version"]:
        return str(module.params["version"])
    if there:
        return there[-1].version
    offered = reading.packages([META], run)[1].get(META, "")
    return offered.partition("+")[0].partition(".")[0]


def present(cluster: clusters.Cluster, run: clusters.Run) -> dict[str, str]:
    """What the files of the cluster say of the settings that are not to be lost."""
    files = ["-D", str(cluster.data), "-c", f"config_file={cluster.configuration}/postgresql.conf"]
    # root may run the server's program where -C is its first word, and for nothing else
    found = {name: run([cluster.program("postgres"), "-C", name, *files]) for name in settings.KEPT}
    return {name: out.strip() for name, (status, out, _err) in found.items() if status == 0}


def cluster_of(cluster: clusters.Cluster, run: clusters.Run) -> dict[str, object]:
    """What there is to know of a cluster that is there."""
    data = clusters.controldata(cluster, run)
    included = clusters.said(cluster.configuration / "postgresql.conf", "include_dir")
    checksums = data.get("Data page checksum version")
    return {
        "running": (cluster.data / "postmaster.pid").exists(),
        "config_directory": str(cluster.configuration),
        "data_directory": str(cluster.data),
        "checksums": None if checksums is None else checksums != "0",
        "includes": any(folder.rstrip("/") in ("conf.d", f"{cluster.configuration}/conf.d") for folder in included),
        "present": present(cluster, run),
    }


def main() -> None:
    """Reads and returns."""
    module = AnsibleModule(supports_check_mode=True, argument_spec={
        "version": {"type": "str", "default": ""},
        "cluster": {"type": "str", "default": "main"},
        "port": {"type": "int", "default": 5432},
        "names": {"type": "list", "elements": "str", "default": []},
        "packages": {"type": "list", "elements": "str", "default": []},
    })

    def run(command: list[str]) -> tuple[int, str, str]:
        status, out, err = module.run_command(command, cwd="/")
        return status, out, err

    cluster = clusters.Cluster(version_of(module, run), module.params["cluster"])
    state = clusters.state(cluster, run) if cluster.version else ABSENT
    needed = [*packages.needed(cluster.version, module.params["names"]), *module.params["packages"]]
    installed, offered = reading.packages(needed, run)
    size, free = reading.disk(cluster.data)
    found = Host(
        version=cluster.version, cluster=cluster.name, state=state,
        clusters=tuple(f"{one.version}/{one.name}" for one in clusters.everything()),
        other_ports={f"{one.version}/{one.name}": one.port for one in clusters.everything()
                     if (one.version, one.name) != (cluster.version, cluster.name)},
        port_program=reading.port_program(module.params["port"], cluster.data / "postmaster.pid"),
        installed=tuple(installed), candidates=tuple(offered), sources=reading.sources(), lists=reading.lists(),
        memory=reading.memory(), processors=reading.processors(), disk_size=size, disk_free=free,
        networks=tuple(reading.networks(run)), umask=reading.umask(),
        interrupted=reading.interrupted(run), distribution=reading.distribution())
    module.exit_json(changed=False, host={**asdict(found), **({} if state == ABSENT else cluster_of(cluster, run))})


if __name__ == "__main__":
    main()
