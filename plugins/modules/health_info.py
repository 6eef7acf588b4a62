#!/usr/bin/python
# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module health_info: how a PostgreSQL server is doing."""

from __future__ import annotations

DOCUMENTATION = r"""
module: health_info
short_description: Tell how a PostgreSQL server is doing
description:
  - Reads sizes, connections against limits, the largest tables with their dead rows, and who works, waits and blocks whom.
  - Changes nothing, waits for no lock, and visits each database once.
  - Statements of other sessions are returned without constants and comments, which can hold secrets and conversations.
version_added: 0.1.0
author: BBWorlds (@bbworlds)
options:
  login_db:
    description: The database to connect to first.
    type: str
    default: postgres
  largest:
    description: How many of the largest tables to return, over all databases.
    type: int
    default: 10
extends_documentation_fragment:
  - community.postgresql.postgres
attributes:
  check_mode:
    description: Can run in check mode, for it changes nothing.
    support: full
  idempotent:
    description: Reads only.
    support: full
requirements:
  - psycopg2
seealso:
  - module: bbworlds.good_neighbor.allocation_info
"""

EXAMPLES = r"""
- name: The state of the server is known
  bbworlds.good_neighbor.health_info:
  register: health
  become: true
  become_user: postgres
"""

RETURN = r"""
server:
  description: Version, connections in use, C(max_connections), connections reserved for operators, seconds since start.
  returned: always
  type: dict
  sample: {version: "18.6", connections: 7, max_connections: 150, reserved: 20, up_seconds: 86400}
databases:
  description: Each database with its owner, size, connections, limit, cache hits, deadlocks and temporary bytes.
  returned: always
  type: list
  elements: dict
roles:
  description: Each login that is connected or has a limit, with both.
  returned: always
  type: list
  elements: dict
tables:
  description:
    - The largest tables of all databases, with indexes and TOAST.
    - C(dead_percent) is the share of rows that are dead and not yet vacuumed, as the statistics count them. It is a sign of
      bloat, not its measure.
    - For a table that somebody holds exclusively C(locked) is true, and its size is that of its pages as last counted.
  returned: always
  type: list
  elements: dict
sessions:
  description: Sessions that run a statement or hold a transaction open, the oldest transaction first.
  returned: always
  type: list
  elements: dict
blocked:
  description: Each session that waits for a lock (C(waiting)), and those that it waits for (C(by)).
  returned: always
  type: list
  elements: dict
unread:
  description: Databases whose tables could not be read, and why.
  returned: always
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import health
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog import session
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import GoodNeighborError
from ansible_collections.community.postgresql.plugins.module_utils.postgres import (
    get_conn_params,
    postgres_common_argument_spec,
)


def main() -> None:
    """Reads and returns."""
    spec = postgres_common_argument_spec()
    spec.update(login_db={"type": "str", "default": "postgres"}, largest={"type": "int", "default": 10})
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    if not session.HAS_DRIVER:
        module.fail_json(msg=missing_required_lib("psycopg2"))
    parameters = get_conn_params(module, module.params)
    server = session.Server(parameters, parameters.pop("dbname"))
    try:
        module.exit_json(changed=False, **health.read(server, module.params["largest"]))
    except GoodNeighborError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
