#!/usr/bin/python
# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin audit_memory, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: audit_memory
short_description: Tell what is new since the last audit
description:
  - Marks in a result of M(bbworlds.good_neighbor.allocation_info) or M(bbworlds.good_neighbor.allocation) which violations
    were not there at the last audit.
  - What an audit found is remembered in a small file on the controller that only its owner may read. It holds the names of
    rules and places, and no secret. Losing it harms nothing; then everything counts as new.
  - The file is no part of any server's state, so that writing it is no change.
version_added: 0.1.0
author: BBWorlds (@bbworlds)
options:
  result:
    description: What the module returned.
    type: dict
    required: true
  server:
    description: The server that was judged.
    type: str
    required: true
  folder:
    description:
      - The folder in which audits are remembered. It is made where it is missing.
      - By default C(good_neighbor) in Ansible's own folder (C(ANSIBLE_HOME), C(~/.ansible) unless it is set).
    type: path
  inventory:
    description: The inventories of this run. Servers of the same name in others are remembered apart.
    type: list
    elements: str
    default: []
  keep:
    description: Whether this result is remembered as the last audit.
    type: bool
    default: false
attributes:
  check_mode:
    description: Compares, and remembers nothing.
    support: full
seealso:
  - module: bbworlds.good_neighbor.allocation_info
"""

EXAMPLES = r"""
- name: What is new is marked
  bbworlds.good_neighbor.audit_memory:
    result: "{{ judged }}"
    server: voice-ninja.com
    folder: /var/lib/good-neighbor/audits
    keep: true
  register: compared
"""

RETURN = r"""
told:
  description:
    - The result. Each of its violations has RV(told.violations[].new) besides.
  returned: always
  type: dict
  contains:
    violations:
      description: The violations.
      type: list
      elements: dict
      returned: always
      contains:
        new: {description: Whether it was not there at the last audit., type: bool, returned: always}
    last_audit: {description: "When the last audit was, or null where none is known.", type: str, returned: always}
    ended: {description: How many violations of the last audit are no more., type: int, returned: always}
notes:
  description: What went wrong with the memory.
  returned: always
  type: list
  elements: str
path:
  description: The file in which the audit is remembered.
  returned: always
  type: str
"""
