#!/usr/bin/python
# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module undo: takes a run of allocation back."""

from __future__ import annotations

DOCUMENTATION = r"""
module: undo
short_description: Take back what a run of allocation has changed
description:
  - Executes the file that M(bbworlds.good_neighbor.allocation) left
    as its O(bbworlds.good_neighbor.allocation#module:undo_file).
  - Nobody queues behind it. Each database's part is one transaction; where a lock is not to be had, what can be taken back
    is, the task fails and names the rest, and the file can be played again.
  - What was dropped since the run is told, and does not hold up the rest.
  - What was created stays, and sessions that were ended do not come back.
  - Nothing of the file is shown or logged, for it can hold verifiers. C(psql -f) plays it too.
version_added: 0.1.0
author: BBWorlds (@bbworlds)
options:
  path:
    description: The file, on the host.
    type: path
    required: true
  login_db:
    description: The maintenance database.
    type: str
    default: postgres
extends_documentation_fragment:
  - community.postgresql.postgres
attributes:
  check_mode:
    description: Reads the file and says how many statements it holds, and executes none.
    support: full
  idempotent:
    description: Executes the file each time, and says so.
    support: none
requirements:
  - psycopg2
seealso:
  - module: bbworlds.good_neighbor.allocation
"""

EXAMPLES = r"""
- name: The run is taken back
  bbworlds.good_neighbor.undo:
    path: /var/lib/postgresql/undo.sql
  become: true
  become_user: postgres
"""

RETURN = r"""
databases:
  description: The databases in which statements were executed, in this order.
  returned: success
  type: list
  elements: str
count:
  description: How many statements the file holds.
  returned: success
  type: int
left:
  description: What could not be taken back, by line and database, and why.
  returned: always
  type: list
  elements: str
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import undo_script
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog import session
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import GoodNeighborError
from ansible_collections.community.postgresql.plugins.module_utils.postgres import (
    get_conn_params,
    postgres_common_argument_spec,
)


def main() -> None:
    """Reads, executes, returns."""
    spec = postgres_common_argument_spec()
    spec.update(login_db={"type": "str", "default": "postgres"}, path={"type": "path", "required": True})
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    if not session.HAS_DRIVER:
        module.fail_json(msg=missing_required_lib("psycopg2"))
    path = module.params["path"]
    parameters = get_conn_params(module, module.params)
    server = session.Server(parameters, parameters.pop("dbname"))
    left: list[undo_script.Left] = []
    try:
        parts = undo_script.sections(Path(path).read_text(encoding="utf-8"))
        if not module.check_mode:
            left = undo_script.play(server, parts)
    except OSError as error:
        module.fail_json(msg=f"{path} cannot be read: {error.strerror}")
    except GoodNeighborError as error:
        module.fail_json(msg=f"{path}: {error}")
    count = sum(part.count for part in parts)
    told: dict[str, Any] = {"changed": count > 0, "databases": [part.database for part in parts], "count": count,
                            "left": [str(one) for one in left]}
    again = [str(one) for one in left if not one.gone]
    if again:
        lines = [f"{path}: not all is taken back yet; play it again:", *(f"- {one}" for one in again)]
        module.fail_json(msg="\n".join(lines), **told)
    for one in left:
        module.warn(f"{path}: not taken back: {one}")
    module.exit_json(**told)


if __name__ == "__main__":
    main()
