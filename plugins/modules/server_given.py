#!/usr/bin/python
# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module server_given: what PostgreSQL gives to everybody, taken back."""

from __future__ import annotations

DOCUMENTATION = r"""
module: server_given
short_description: Take back what PostgreSQL gives to everybody
description:
  - Takes schema public from PUBLIC in the databases named. Those who need it hold it by name, as
    M(bbworlds.good_neighbor.allocation) sees to.
  - Gives a connection limit to the superuser, whom it never stops, and to roles that cannot log in.
  - Visits each database once. A database that is not there, or takes no connections, is passed over.
version_added: 0.1.0
author: BBWorlds (@bbworlds)
options:
  databases:
    description: The databases.
    type: list
    elements: str
    required: true
  limits:
    description: Connection limits, by role. Only a role that cannot log in and has no limit gets one.
    type: dict
    default: {}
  superuser_limit:
    description: The limit of the superuser that initdb made, where it has none.
    type: int
    required: true
  login_db:
    description: The database to connect to first.
    type: str
    default: postgres
extends_documentation_fragment:
  - community.postgresql.postgres
attributes:
  check_mode:
    description: Says what it would do, and does nothing.
    support: full
  diff_mode:
    description: Shows the statements.
    support: full
  idempotent:
    description: What is right already is left alone.
    support: full
requirements:
  - psycopg2
"""

EXAMPLES = r"""
- name: Schema public is nobody's but its owner's
  bbworlds.good_neighbor.server_given:
    databases: [postgres, template1]
    superuser_limit: 20
  become: true
  become_user: postgres
"""

RETURN = r"""
statements:
  description: What was executed, or would be, each with its database.
  returned: always
  type: list
  elements: dict
  sample: [{database: template1, statement: "REVOKE ALL ON SCHEMA public FROM PUBLIC"}]
"""

from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog import session
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import GoodNeighborError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.server import given
from ansible_collections.community.postgresql.plugins.module_utils.postgres import (
    get_conn_params,
    postgres_common_argument_spec,
)


def main() -> None:
    """Takes back, and says what."""
    spec = postgres_common_argument_spec()
    spec.update(login_db={"type": "str", "default": "postgres"},
                databases={"type": "list", "elements": "str", "required": True},
                limits={"type": "dict", "default": {}}, superuser_limit={"type": "int", "required": True})
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    if not session.HAS_DRIVER:
        module.fail_json(msg=missing_required_lib("psycopg2"))
    parameters = get_conn_params(module, module.params)
    server = session.Server(parameters, parameters.pop("dbname"))
    limits = {str(role): int(limit) for role, limit in module.params["limits"].items()}
    try:
        steps = given.take_back(server, module.params["databases"], limits, module.params["superuser_limit"],
                                dry=module.check_mode)
    except GoodNeighborError as error:
        module.fail_json(msg=str(error))
    said = "".join(f"{step.database}: {step.statement}\n" for step in steps)
    module.exit_json(changed=bool(steps), statements=[asdict(step) for step in steps], diff={"before": "", "after": said})


if __name__ == "__main__":
    main()
