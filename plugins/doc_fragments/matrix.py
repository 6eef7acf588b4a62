# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options and facts that allocation and allocation_info share."""

from __future__ import annotations


class ModuleDocFragment:
    """The matrix, and which server of it this is."""

    DOCUMENTATION = r"""
options:
  allocation:
    description:
      - The whole allocation matrix, one row per database, as P(bbworlds.good_neighbor.overridden#filter) leaves it.
      - It is validated on the controller, every error at once, before anything is sent. Secrets of other servers' rows are
        taken out there.
    type: list
    elements: dict
    required: true
  servers:
    description: The servers of the matrix, by name.
    type: dict
    required: true
  server:
    description: The name of the server that is asked, one of O(servers).
    type: str
    required: true
  login_db:
    description: The maintenance database, through which everything that is not inside of a database is done.
    type: str
    default: postgres
  lock_timeout:
    description:
      - How long a statement may wait for a lock.
      - Tables are locked without waiting, with a few tries, so that nobody queues behind this module.
    type: str
    default: 3s
  schema_sources:
    description:
      - The texts of the rows' schema files. The action plugin reads them on the controller; there is nothing to write here.
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
  engine:
    description: What judges the server. The action plugin puts it in; there is nothing to write here.
    type: str
  secrets_withheld:
    description: Whether passwords were left out of O(allocation) on purpose, so that their absence is no error.
    type: bool
    default: false
extends_documentation_fragment:
  - community.postgresql.postgres
requirements:
  - psycopg2
  - PostgreSQL 15 or later
"""
