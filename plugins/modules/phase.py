#!/usr/bin/python
# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action `phase`: it runs on the controller, in plugins/action."""

from __future__ import annotations

DOCUMENTATION = r"""
module: phase
short_description: Tell how long the phases of a run take
description:
  - A task with O(begins) begins a phase, which ends where the next one begins.
  - A task without it ends the last one and shows all of them as a table, whatever the callback and the verbosity.
  - The times are those of the controller. They are kept in the folder of this run of ansible-playbook and end with it.
version_added: 0.1.0
author: BBWorlds (@bbworlds)
options:
  begins:
    description: The name of the phase that begins. Where several hosts begin it, the first one counts.
    type: str
  before:
    description: Phases that were over before ansible-playbook began, for the table.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name of the phase.
        type: str
        required: true
      seconds:
        description: How long it took.
        type: float
        required: true
attributes:
  check_mode:
    description: Measures a check too.
    support: full
"""

EXAMPLES = r"""
- name: The phase of the server begins
  bbworlds.good_neighbor.phase:
    begins: the server

- name: How long each phase took is told
  bbworlds.good_neighbor.phase:
"""

RETURN = r"""
phases:
  description: The phases until now, in their order.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: Its name., type: str, returned: always, sample: the server}
    seconds: {description: How long it took., type: float, returned: always, sample: 12.345}
"""
