#!/usr/bin/python
# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module report_info: who may enter which database, and how fast statements are."""

from __future__ import annotations

DOCUMENTATION = r"""
module: report_info
short_description: Tell who may enter which database, and how fast statements are
description:
  - Reads what a report needs beside M(bbworlds.good_neighbor.allocation_info) and M(bbworlds.good_neighbor.health_info).
  - Changes nothing, and reads no statement's text.
version_added: 0.1.0
author: BBWorlds (@bbworlds)
options:
  login_db:
    description: The maintenance database, where C(pg_stat_statements) is looked for.
    type: str
    default: postgres
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
  - plugin: bbworlds.good_neighbor.report
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Who may enter what is known
  bbworlds.good_neighbor.report_info:
  register: more
  become: true
  become_user: postgres
"""

RETURN = r"""
read_at:
  description: The time by the server's clock, in UTC.
  returned: always
  type: str
  sample: "2026-01-31T12:00Z"
entries:
  description:
    - Each role that may log in, with its limit (null without one), its connections, and the databases that it may enter.
  returned: always
  type: list
  elements: dict
  sample: [{role: nexus_user, superuser: false, connection_limit: 50, connections: 2, databases: [bbworlds_nexus]}]
public:
  description: The databases that PUBLIC may enter, and so every role, those that come later too.
  returned: always
  type: list
  elements: str
latency:
  description:
    - C(missing) is V(library) where C(pg_stat_statements) is not in C(shared_preload_libraries), V(extension) where the
      maintenance database lacks it, else null.
    - C(since) is when the statistics began.
    - C(times) holds calls and their times by database, role and mean time of the statement in whole milliseconds (C(ms),
      rounded up).
  returned: always
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog import session
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import GoodNeighborError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.report import read
from ansible_collections.community.postgresql.plugins.module_utils.postgres import (
    get_conn_params,
    postgres_common_argument_spec,
)


def main() -> None:
    """Reads and returns."""
    spec = postgres_common_argument_spec()
    spec.update(login_db={"type": "str", "default": "postgres"})
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    if not session.HAS_DRIVER:
        module.fail_json(msg=missing_required_lib("psycopg2"))
    parameters = get_conn_params(module, module.params)
    server = session.Server(parameters, parameters.pop("dbname"))
    try:
        module.exit_json(changed=False, **read.read(server))
    except GoodNeighborError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
