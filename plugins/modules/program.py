#!/usr/bin/python
# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action `program`, which makes the file on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: program
short_description: Put a program of this collection on a host
description:
  - Makes one executable file of a part of this collection, on the controller, and puts it on the host. There it runs with
    the host's Python alone, from a timer for example; nothing of Ansible is needed.
  - The same version of the collection always makes the same bytes.
version_added: 0.1.0
author: BBWorlds (@bbworlds)
options:
  path:
    description: Where it is put. The folder must be there.
    type: path
    required: true
  entry:
    description: The module of the collection's C(module_utils) whose C(main) runs.
    type: str
    required: true
  owner:
    description: Whom it belongs to.
    type: str
    default: root
  group:
    description: Its group.
    type: str
    default: root
  mode:
    description: Its mode.
    type: raw
    default: "0755"
attributes:
  check_mode:
    description: Tells whether the file would change.
    support: full
  diff_mode:
    description: Says that the file differs; it is no text.
    support: partial
    details: As M(ansible.builtin.copy) does for binary files.
  idempotent:
    description: The same program is not written again.
    support: full
seealso:
  - module: ansible.builtin.copy
"""

EXAMPLES = r"""
- name: The program that makes backups is there
  bbworlds.good_neighbor.program:
    path: /usr/local/lib/good_neighbor/backup.pyz
    entry: backup.face
  become: true
"""

RETURN = r"""
dest:
  description: Where it is.
  returned: success
  type: str
  sample: /usr/local/lib/good_neighbor/backup.pyz
"""
