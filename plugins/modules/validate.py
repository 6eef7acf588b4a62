#!/usr/bin/python
# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action `validate`: it runs on the controller, in plugins/action."""

from __future__ import annotations

DOCUMENTATION = r"""
module: validate
short_description: Tells whether the allocation matrix is right
version_added: 0.1.0
author:
  - BBWorlds (@bbworlds)
description:
  - Judges the whole matrix on the controller and tells all errors at once, each with its row, its key, what is wrong and
    what to write instead.
  - Makes no connection to any host. Looks whether the schema files of active and planned rows are there.
  - Takes the matrix from the variables of the inventory, C(good_neighbor_allocation) and C(good_neighbor_servers), with
    C(good_neighbor_overrides) and C(good_neighbor_server_overrides), where O(allocation) and O(servers) say nothing. Then
    every secret that is not defined is told at once with every version of Ansible; before ansible-core 2.19 Ansible itself
    stops at the first one that a task's arguments need.
  - A secret that is not defined is an error of the row that needs it. No message shows a secret.
options:
  servers:
    description: The mapping C(good_neighbor_servers), with the overrides of the inventory. By default the inventory's own.
    type: raw
  allocation:
    description:
      - The rows of C(good_neighbor_allocation), with the overrides of the inventory. By default the inventory's own.
    type: raw
  hosts:
    description:
      - Hosts of the inventory, each of which must be a managed server of the matrix. Which one it is, its variable
        C(good_neighbor_server) says, or else its name.
    type: list
    elements: str
attributes:
  check_mode:
    description: Never changes anything.
    support: full
seealso:
  - plugin: bbworlds.good_neighbor.overridden
    plugin_type: filter
"""

EXAMPLES = r"""
- name: The matrix is right
  bbworlds.good_neighbor.validate:
    hosts: "{{ groups.good_neighbor | default([]) }}"
"""

RETURN = r"""
msg:
  description: How many rows and servers are right, or all that is wrong.
  returned: always
  type: str
  sample: "5 rows, 2 servers: valid"
"""
