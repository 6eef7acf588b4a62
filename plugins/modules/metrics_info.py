#!/usr/bin/python
# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module metrics_info: the metrics that backups, drills and checks have left on a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: metrics_info
short_description: Read the metrics that backups, drills and checks have left on a host
description:
  - Reads the files that programs of this collection leave for the textfile collector of the node exporter. It need not
    be there.
  - Changes nothing.
version_added: 0.1.0
author: BBWorlds (@bbworlds)
options:
  folder:
    description: The folder of the files. One that is not there holds nothing.
    type: path
    default: /var/lib/prometheus/node-exporter
  prefix:
    description: What the names of the metrics begin with.
    type: str
    default: good_neighbor_
attributes:
  check_mode:
    description: Can run in check mode, for it changes nothing.
    support: full
  idempotent:
    description: Reads only.
    support: full
"""

EXAMPLES = r"""
- name: What backups and drills have left is known
  bbworlds.good_neighbor.metrics_info:
  register: metrics
"""

RETURN = r"""
samples:
  description: The metrics, in the order of files and lines.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: The metric., type: str, returned: always, sample: good_neighbor_backup_success}
    labels: {description: Its labels., type: dict, returned: always, sample: {service: nexus}}
    value: {description: Its value., type: float, returned: always, sample: 1}
notes:
  description: What could not be read, and why.
  returned: always
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.report import textfile


def main() -> None:
    """Reads and returns."""
    module = AnsibleModule(
        argument_spec={
            "folder": {"type": "path", "default": "/var/lib/prometheus/node-exporter"},
            "prefix": {"type": "str", "default": "good_neighbor_"},
        },
        supports_check_mode=True,
    )
    samples, notes = textfile.read(module.params["folder"], module.params["prefix"])
    for note in notes:
        module.warn(note)
    module.exit_json(changed=False, samples=samples, notes=notes)


if __name__ == "__main__":
    main()
