#!/usr/bin/python
# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module server_cluster: a new cluster of PostgreSQL, whatever killed the run before."""

from __future__ import annotations

DOCUMENTATION = r"""
module: server_cluster
short_description: Make a new cluster of PostgreSQL with postgresql-common
description:
  - Makes the cluster with data checksums, locale C.UTF-8 and encoding UTF8, whatever the host's own C(createcluster.conf)
    and the environment say. It is not started.
  - A run that is killed leaves a note in C(/var/lib/good_neighbor/clusters); the next one removes what is half made, unless
    a server has ever run on it, and begins again.
  - A cluster that is there otherwise is left as it is.
version_added: 0.1.0
author: BBWorlds (@bbworlds)
options:
  version:
    description: The major version.
    type: str
    required: true
  cluster:
    description: The name of the cluster.
    type: str
    default: main
  port:
    description: The port that it gets.
    type: int
    default: 5432
  finished:
    description:
      - Notes that the whole run has come to its end, instead of making the cluster. From then on it counts as in use.
    type: bool
    default: false
attributes:
  check_mode:
    description: Says whether it would make a cluster, and makes none.
    support: full
  diff_mode:
    description: Names the cluster.
    support: full
requirements:
  - postgresql-common
"""

EXAMPLES = r"""
- name: The cluster is there
  bbworlds.good_neighbor.server_cluster:
    version: "17"
  become: true
"""

RETURN = r"""
directory:
  description: The data directory.
  returned: always
  type: str
  sample: /var/lib/postgresql/17/main
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import GoodNeighborError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.server import making
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.server.clusters import Cluster


def main() -> None:
    """Makes it, or notes that the run is over."""
    module = AnsibleModule(supports_check_mode=True, argument_spec={
        "version": {"type": "str", "required": True},
        "cluster": {"type": "str", "default": "main"},
        "port": {"type": "int", "default": 5432},
        "finished": {"type": "bool", "default": False},
    })
    cluster = Cluster(module.params["version"], module.params["cluster"])

    def run(command: list[str]) -> tuple[int, str, str]:
        status, out, err = module.run_command(command, cwd="/")
        return status, out, err

    try:
        if module.params["finished"]:
            changed = making.finish(cluster, run, dry=module.check_mode)
            step = "finished"
        else:
            changed = making.make(cluster, module.params["port"], run, dry=module.check_mode)
            step = "made"
    except (GoodNeighborError, OSError) as error:
        module.fail_json(msg=str(error))
    name = f"cluster {cluster.version}/{cluster.name}"
    diff = {"before": "", "after": f"{name}: {step}\n"} if changed else {"before": "", "after": ""}
    module.exit_json(changed=changed, directory=str(cluster.data), diff=diff)


if __name__ == "__main__":
    main()
