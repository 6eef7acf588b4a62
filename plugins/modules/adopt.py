#!/usr/bin/python
# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module adopt: drafts the matrix of a server that somebody made by hand."""

from __future__ import annotations

DOCUMENTATION = r"""
module: adopt
short_description: Draft the allocation matrix of a PostgreSQL server that somebody made by hand
description:
  - Reads the server and writes, on the controller, a draft of its allocation matrix; one row for each database but templates
    and C(postgres). What cannot be told is marked with TODO; the draft is valid all the same.
  - Judges the server with the draft. Violations stand in the draft as comments, worst first, and are returned.
  - Rows that the matrix has already are left as they are and not repeated. Nothing of another server is touched.
  - Changes nothing on the server, and assigns no transaction id. No secret and no verifier is in the draft; passwords are
    named as vaulted variables, and none is compared.
version_added: 0.1.0
author: BBWorlds (@bbworlds)
options:
  path:
    description:
      - The file on the controller that takes the draft. Several hosts cannot share one.
      - By default C(draft.yml) beside the inventory file, or in the folder C(group_vars) of an inventory folder. There
        Ansible reads it neither as an inventory nor, unless you say so, as variables. Of several hosts C(draft-SERVER.yml).
    type: path
  overwrite:
    description: Whether a file that is there is replaced. Else the module fails before it looks at the server.
    type: bool
    default: false
  seconds:
    description:
      - How long to watch who is connected from where, once a second. With V(0) it looks once.
      - What was seen becomes C(client_addresses) and limits.
    type: int
    default: 0
  schemas:
    description:
      - Whether to dump the schema of each database (pg_dump, on the host) into a folder beside O(path), for C(schema_files).
      - They count as applied once C(good_neighbor_baseline) names their services, and are never run there.
    type: bool
    default: false
  pg_dump:
    description: The program to use, of the server's major version or later. By default the server's own, or that in PATH.
    type: path
  allocation:
    description: The matrix that is there, if any, as P(bbworlds.good_neighbor.overridden#filter) leaves it.
    type: list
    elements: dict
    default: []
  servers:
    description: The servers of the matrix that is there, by name.
    type: dict
    default: {}
  server:
    description: The name that this server has, or shall have, in the matrix.
    type: str
    required: true
  login_db:
    description: The maintenance database.
    type: str
    default: postgres
  lock_timeout:
    description: How long pg_dump may wait for a table.
    type: str
    default: 3s
  schema_sources:
    description:
      - The texts of the schema files of rows that are there. The action plugin reads them; there is nothing to write here.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The path, as the row has it.
        type: str
        required: true
      content:
        description: The file's text.
        type: str
        required: true
extends_documentation_fragment:
  - community.postgresql.postgres
requirements:
  - psycopg2
  - PostgreSQL 15 or later
attributes:
  check_mode:
    description: Reads the server and judges it, and writes no file.
    support: full
  idempotent:
    description: Each run writes a new draft; one that is there is replaced only if asked.
    support: none
seealso:
  - module: bbworlds.good_neighbor.allocation_info
"""

EXAMPLES = r"""
- name: The matrix of the server is drafted
  bbworlds.good_neighbor.adopt:
    server: voice-ninja.com
    path: inventories/production/group_vars/draft.yml
    seconds: 600
  become: true
  become_user: postgres
"""

RETURN = r"""
path:
  description: The file with the draft.
  returned: success
  type: str
files:
  description: Every file that was written, or in check mode would be.
  returned: success
  type: list
  elements: str
variables:
  description: The file with the draft, where it can stand for the matrix; empty where its rows have to be added to one.
  returned: success
  type: str
told:
  description: How many rows were drafted, and where.
  returned: success
  type: str
drafted:
  description: The services whose rows are in the draft.
  returned: success
  type: list
  elements: str
draft:
  description: The draft as data, with what there is to know of each row.
  returned: success
  type: dict
violations:
  description:
    - Every way in which the server breaks the policy, judged with the draft.
    - The keys are those of M(bbworlds.good_neighbor.allocation_info).
  returned: success
  type: list
  elements: dict
databases:
  description: Each database, with the keys of M(bbworlds.good_neighbor.allocation_info).
  returned: success
  type: list
  elements: dict
compliant:
  description: Whether the server is as the draft says.
  returned: success
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.adopt.work import Wanted, adopt
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog import session
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import GoodNeighborError
from ansible_collections.community.postgresql.plugins.module_utils.postgres import (
    get_conn_params,
    postgres_common_argument_spec,
)


def main() -> None:
    """Runs the module; its action plugin writes the files."""
    spec = postgres_common_argument_spec()
    spec.update(
        login_db={"type": "str", "default": "postgres"},
        path={"type": "path"},
        overwrite={"type": "bool", "default": False},
        seconds={"type": "int", "default": 0},
        schemas={"type": "bool", "default": False},
        pg_dump={"type": "path"},
        allocation={"type": "list", "elements": "dict", "default": []},
        servers={"type": "dict", "default": {}},
        server={"type": "str", "required": True},
        lock_timeout={"type": "str", "default": "3s"},
        schema_sources={"type": "list", "elements": "dict", "default": [], "options": {
            "path": {"type": "str", "required": True}, "content": {"type": "str", "required": True}}})
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    if not session.HAS_DRIVER:
        module.fail_json(msg=missing_required_lib("psycopg2"))
    given = module.params
    parameters = get_conn_params(module, given)
    database = parameters.pop("dbname", None) or parameters.pop("database", None)  # its name depends on the driver's age
    server = session.Server(parameters, str(database), given["lock_timeout"])
    folder = str(given["path"]).removesuffix(".yml") + ".schemas"  # on the controller: its half of this module names it
    wanted = Wanted(given["server"], given["servers"], given["allocation"], given["seconds"],
                    folder if given["schemas"] else None, given["pg_dump"],
                    {source["path"]: source["content"] for source in given["schema_sources"]})
    try:
        module.exit_json(changed=False, **adopt(server, wanted))
    except GoodNeighborError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
