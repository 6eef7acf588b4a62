"""A process that runs the module allocation as Ansible does, with the arguments of its standard input.

Prints `ready` when everything is imported, then the module's result.
"""

from __future__ import annotations

import json
import sys

from ansible.module_utils.testing import patch_module_args
from ansible_collections.bbworlds.good_neighbor.plugins.modules import allocation

arguments = json.loads(sys.stdin.readline())
print("ready")
with patch_module_args(arguments):
    allocation.main()
