#!/usr/bin/python
# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module settings_files: the settings files of services, each with that service's secret."""

from __future__ import annotations

DOCUMENTATION = r"""
module: settings_files
short_description: Write the settings files of services
description:
  - Writes files that hold secrets, all in one call. A file is replaced as a whole, and at no moment readable by anybody
    but whom it is for; M(ansible.builtin.copy) gives a new file the mode of the umask first.
  - A folder that is missing is made with mode 0755; one that is there is left as it is.
  - A symbolic link in the place of a file is replaced, not followed.
version_added: 0.1.0
author: BBWorlds (@bbworlds)
options:
  files:
    description: The files, as the filter P(bbworlds.good_neighbor.env_files#filter) renders them.
    type: list
    elements: dict
    required: true
    suboptions:
      service:
        description: Whose file it is.
        type: str
        required: true
      path:
        description: Where it lies, from the root.
        type: path
        required: true
      content:
        description: What it holds. It is not shown anywhere, in diff mode neither.
        type: str
        required: true
      owner:
        description: Its owner, by name or number; by default the running account.
        type: str
      group:
        description: Its group, by name or number; by default that of the running account.
        type: str
      mode:
        description: Its mode, in octal digits.
        type: str
        default: "0640"
      reload:
        description: The command with which the service reads it again. It is returned, not executed.
        type: str
  replace:
    description: Whether a file that is there and different is replaced. If V(false), it is left as it is.
    type: bool
    default: true
attributes:
  check_mode:
    description: Says what it would write, and writes nothing.
    support: full
  diff_mode:
    description: Names the files, without their content.
    support: full
"""

EXAMPLES = r"""
- name: Each service knows how to connect
  bbworlds.good_neighbor.settings_files:
    files: "{{ good_neighbor_allocation
      | bbworlds.good_neighbor.env_files(good_neighbor_servers, inventory_hostname) }}"
  become: true
"""

RETURN = r"""
written:
  description: The files that were written, or would be in check mode.
  returned: always
  type: list
  elements: str
kept:
  description: The files that are different and were left as they are, because of O(replace=false).
  returned: always
  type: list
  elements: str
reload:
  description:
    - The commands of the services whose files were written, each once.
    - Also those of services whose files a killed run has written and not had them read.
  returned: always
  type: list
  elements: str
marks:
  description: Files that note that these commands have not run. Remove them when they have.
  returned: always
  type: list
  elements: str
"""

import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import GoodNeighborError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.secret_file import (
    SecretFile,
    is_as_wanted,
    mark,
    remove_half,
    write,
)

FILE = {
    "service": {"type": "str", "required": True},
    "path": {"type": "path", "required": True},
    "content": {"type": "str", "required": True, "no_log": True},
    "owner": {"type": "str"},
    "group": {"type": "str"},
    "mode": {"type": "str", "default": "0640"},
    "reload": {"type": "str"},
}


def settle(entry: dict[str, Any], replace: bool, dry: bool) -> str:
    """Makes one file as wanted, unless `dry`; returns `same`, `unread`, `kept` or `written`."""
    file = SecretFile(entry["path"], entry["content"], entry["owner"], entry["group"], entry["mode"])
    if not dry:
        remove_half(file.path)
    if is_as_wanted(file):
        return "unread" if entry["reload"] and os.path.lexists(mark(file.path)) else "same"
    if not replace and os.path.lexists(file.path):
        return "kept"
    if not dry:
        write(file, unread=bool(entry["reload"]))
    return "written"


def main() -> None:
    """Does all files it can, then fails if there was one that it could not do."""
    module = AnsibleModule(
        argument_spec={
            "files": {"type": "list", "elements": "dict", "options": FILE, "required": True},
            "replace": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    done: dict[str, list[str]] = {"same": [], "unread": [], "kept": [], "written": []}
    reload, marks, problems = [], [], []
    for entry in module.params["files"]:
        try:
            outcome = settle(entry, module.params["replace"], module.check_mode)
        except GoodNeighborError as error:
            problems.append(f"service {entry['service']}: {error}")
            continue
        done[outcome].append(entry["path"])
        if outcome in ("written", "unread") and entry["reload"]:
            marks.append(mark(entry["path"]))
            if entry["reload"] not in reload:
                reload.append(entry["reload"])
    result: dict[str, Any] = {
        "changed": bool(done["written"] or done["unread"]), "written": done["written"], "kept": done["kept"],
        "reload": reload, "marks": marks,
        "diff": [{"prepared": f"{path}: its content holds a secret and is not shown\n"} for path in done["written"]],
    }
    if problems:
        module.fail_json(msg="\n".join(problems), **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
