#!/usr/bin/python
# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module server_running: the running server lives by our file of settings, or says what is missing."""

from __future__ import annotations

DOCUMENTATION = r"""
module: server_running
short_description: Have a running server live by a file of settings, and prove that it does
description:
  - Asks the server which files it reads. A server that does not read O(path) is an error, whatever the file says.
  - Has it read its files again where one of them is newer than what it has read, and waits until it has.
  - Takes back what C(ALTER SYSTEM) changed of these settings. What another file of settings changes after ours is returned.
  - Never restarts; returns what waits for a restart.
version_added: 0.1.0
author: BBWorlds (@bbworlds)
options:
  path:
    description: The file of settings.
    type: path
    required: true
  settings:
    description: What the file says, by name.
    type: dict
    required: true
  files:
    description: Further files that the server reads at a reload, such as its certificate.
    type: list
    elements: path
    default: []
  login_db:
    description: The database to connect to.
    type: str
    default: postgres
extends_documentation_fragment:
  - community.postgresql.postgres
attributes:
  check_mode:
    description: Says what it would do, and does nothing.
    support: full
  diff_mode:
    description: Names what ALTER SYSTEM has changed.
    support: full
  idempotent:
    description: What is right already is left alone.
    support: full
requirements:
  - psycopg2
"""

EXAMPLES = r"""
- name: The server lives by its settings
  bbworlds.good_neighbor.server_running:
    path: /etc/postgresql/17/main/conf.d/good_neighbor.conf
    settings: {work_mem: 16MB}
  become: true
  become_user: postgres
  register: lived

- name: What waits for a restart is told
  ansible.builtin.debug:
    var: lived.pending
"""

RETURN = r"""
reloaded:
  description: Whether the server was told to read its files again.
  returned: always
  type: bool
undone:
  description: Settings that C(ALTER SYSTEM) had changed.
  returned: always
  type: list
  elements: str
pending:
  description: Those of our settings whose new value waits for a restart.
  returned: always
  type: list
  elements: str
elsewhere:
  description: Settings that another file changes after ours, with the file.
  returned: always
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog import session
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import GoodNeighborError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.server import running
from ansible_collections.community.postgresql.plugins.module_utils.postgres import (
    get_conn_params,
    postgres_common_argument_spec,
)


def main() -> None:
    """Looks, settles, returns."""
    spec = postgres_common_argument_spec()
    spec.update(login_db={"type": "str", "default": "postgres"}, path={"type": "path", "required": True},
                settings={"type": "dict", "required": True},
                files={"type": "list", "elements": "path", "default": []})
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    if not session.HAS_DRIVER:
        module.fail_json(msg=missing_required_lib("psycopg2"))
    parameters = get_conn_params(module, module.params)
    server = session.Server(parameters, parameters.pop("dbname"))
    wanted = {name: str(value) for name, value in module.params["settings"].items()}
    try:
        with server.cursor() as cursor:
            report = running.look(cursor, module.params["path"], wanted, module.params["files"])
            if not module.check_mode:
                running.settle(cursor, report, wanted)
    except (GoodNeighborError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(
        changed=report.reload or bool(report.undo), reloaded=report.reload, undone=report.undo, pending=report.pending,
        elsewhere=report.elsewhere, diff={"before": "".join(f"{name} changed by ALTER SYSTEM\n" for name in report.undo),
                                          "after": ""})


if __name__ == "__main__":
    main()
