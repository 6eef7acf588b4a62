#!/usr/bin/python
# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action `environment`: it runs on the controller, in plugins/action."""

from __future__ import annotations

DOCUMENTATION = r"""
module: environment
short_description: Refuse hosts that are not of one environment
description:
  - Fails unless the variable C(good_neighbor_environment) of every host is what O(only) says. Nothing is guessed from names.
  - The variable belongs to the host, in the inventory's file of hosts. In C(group_vars/all) it would also count for the
    hosts of another inventory that is named beside this one.
  - It is refused on the command line, where it would count for every inventory.
  - Of several inventories each that names a host must say so by itself.
version_added: 0.1.0
author: BBWorlds (@bbworlds)
options:
  only:
    description: The environment, such as V(staging).
    type: str
    required: true
  hosts:
    description: The hosts that the play is about to touch. An empty list is refused too.
    type: list
    elements: str
    required: true
attributes:
  check_mode:
    description: Never changes anything.
    support: full
"""

EXAMPLES = r"""
- name: The inventory is that of staging
  bbworlds.good_neighbor.environment:
    only: staging
    hosts: "{{ ansible_play_hosts_all }}"
  run_once: true
"""

RETURN = r"""
msg:
  description: Which hosts are refused, and why.
  returned: failure
  type: str
"""
