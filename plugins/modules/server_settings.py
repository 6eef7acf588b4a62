#!/usr/bin/python
# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module server_settings: a drop-in of settings, once the server's own program has read it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: server_settings
short_description: Write a file of settings that the server's own program has read
description:
  - Has C(postgres -C) read the text, and puts it in its place only if every name and value is one that this version takes.
  - Nothing that the server will load at its start may be missing.
  - The file is replaced as a whole. The server is not asked to read it; M(bbworlds.good_neighbor.server_running) does that.
version_added: 0.1.0
author: BBWorlds (@bbworlds)
options:
  path:
    description: The file.
    type: path
    required: true
  content:
    description: Its text.
    type: str
    required: true
  bin:
    description: The folder of the server's programs.
    type: path
    required: true
  owner:
    description: Owner and group of the file.
    type: str
    default: postgres
attributes:
  check_mode:
    description: Shows what it would write, and judges it where the server's program is there already.
    support: full
  diff_mode:
    description: Shows the text before and after.
    support: full
"""

EXAMPLES = r"""
- name: The settings are in place
  bbworlds.good_neighbor.server_settings:
    path: /etc/postgresql/17/main/conf.d/good_neighbor.conf
    content: |
      work_mem = '16MB'
    bin: /usr/lib/postgresql/17/bin
  become: true
"""

RETURN = r"""
path:
  description: The file.
  returned: always
  type: str
before:
  description: Its text before.
  returned: always
  type: str
"""

import os
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import GoodNeighborError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.secret_file import (
    SecretFile,
    is_as_wanted,
    remove_half,
    write,
)
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.server import drop_in


def main() -> None:
    """Judges, then writes."""
    module = AnsibleModule(supports_check_mode=True, argument_spec={
        "path": {"type": "path", "required": True},
        "content": {"type": "str", "required": True},
        "bin": {"type": "path", "required": True},
        "owner": {"type": "str", "default": "postgres"},
    })
    path, content, owner = module.params["path"], module.params["content"], module.params["owner"]

    def run(command: list[str]) -> tuple[int, str, str]:
        status, out, err = module.run_command(command, cwd="/")
        return status, out, err

    try:
        if not module.check_mode:
            remove_half(path)
        before = Path(path).read_text() if os.path.exists(path) else ""
        if before != content and os.path.exists(f"{module.params['bin']}/postgres"):
            # check mode has not installed what a library needs
            drop_in.check(content, module.params["bin"], run, libraries=not module.check_mode)
        file = SecretFile(path, content, owner, owner, "0644")
        # on a host without the server there is no account to own it yet
        changed = before != content or (not module.check_mode and not is_as_wanted(file))
        if changed and not module.check_mode:
            write(file)
    except (GoodNeighborError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=changed, path=path, before=before, diff={
        "before_header": path, "after_header": path, "before": before, "after": content})


if __name__ == "__main__":
    main()
