#!/usr/bin/python
# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action `missing_secrets`: it runs on the controller, in plugins/action."""

from __future__ import annotations

DOCUMENTATION = r"""
module: missing_secrets
short_description: Makes the secrets that the allocation matrix names and nobody has defined
version_added: 0.1.0
author:
  - BBWorlds (@bbworlds)
description:
  - Looks at the passwords of active and planned rows, their logins and readers. Where one is the template of a variable
    whose name begins with C(vault_) and which is not defined, adds this variable to a file on the controller, with a random
    password of 32 characters that validation accepts.
  - Never changes or shows a secret. A variable that the file has already is left alone, whether or not a play has loaded it.
  - The file is replaced in one step and readable by its owner alone. It is plain text; encrypt it with ansible-vault.
    An encrypted file is not added to.
options:
  allocation:
    description:
      - The rows of C(good_neighbor_allocation), with the overrides of the inventory. By default the inventory's own; before
        ansible-core 2.19 only then a secret may be undefined at all.
    type: raw
  path:
    description:
      - The file of variables. By default C(group_vars/all/secrets.yml) in the folder of the first inventory, or beside it
        where the inventory is a file.
    type: path
attributes:
  check_mode:
    description: Tells which variables would be added.
    support: full
"""

EXAMPLES = r"""
- name: Every password of the matrix has a secret
  bbworlds.good_neighbor.missing_secrets:
    path: "{{ good_neighbor_secrets_file | default(omit) }}"
"""

RETURN = r"""
variables:
  description: Names of the variables that were added, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: [vault_nexus_user]
path:
  description: The file.
  returned: success
  type: str
  sample: inventories/production/group_vars/all/secrets.yml
"""
