#!/usr/bin/python
# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module restore: one service's database from one of its backups."""

from __future__ import annotations

DOCUMENTATION = r"""
module: restore
short_description: Restore the database of one service from its backup
description:
  - Reads a backup where it lies, here or offsite, decrypts it in memory, fills a new database from it, compares that with
    the backup's manifest, and gives it its name, beside the live database or in its place. Nothing plain reaches a disk but
    in the database itself.
  - A dump is the work of the database's owner, and code in it runs when it is restored. So a role restores it that may do
    nothing else and is gone afterwards; what only a superuser can make (extensions and publications of the row, the records
    of schema files) is made anew from names alone. What else a superuser would have to make is left out and returned in
    C(told).
  - Until the names are exchanged, in one transaction, the live database is as it was and goes on working. Only its own
    sessions end, and only with O(place=in_place). The copy that gives way is kept, closed, under the name of the time.
  - May be killed at any moment and run again. A run that finds its work done changes nothing.
  - M(bbworlds.good_neighbor.allocation) gives the restored database its rights, limits and settings afterwards; the playbook
    C(restore) runs both.
version_added: 0.1.0
author: BBWorlds (@bbworlds)
options:
  service:
    description: The service whose database is restored. On the server of another one the module is skipped.
    type: str
    required: true
  backup:
    description: The name of the backup, a time in UTC such as V(20261128T021500Z); or V(newest).
    type: str
    default: newest
  source:
    description: Whether the backup is read on this host or offsite.
    type: str
    choices: [local, offsite]
    default: local
  place:
    description:
      - V(beside) leaves the live database alone; the restored one is called C(DATABASE_restored_TIME), and nobody but
        superusers may enter it.
      - V(in_place) ends the sessions of the live database, renames it to C(DATABASE_before_TIME), which nobody may enter,
        and gives the restored one its name and owner.
    type: str
    choices: [beside, in_place]
    default: beside
  confirm:
    description: With O(place=in_place) the name of the service once more.
    type: str
    default: ""
  again:
    description: Whether a database that was restored in place from this very backup is restored once more.
    type: bool
    default: false
  key_file:
    description:
      - The file on the controller with the private age key. It is read there, and sent over the connection only; no disk of
        the host ever has it, which needs pipelining. The action plugin turns that on.
    type: path
    required: true
  key:
    description: The content of O(key_file). The action plugin reads it; there is nothing to write here.
    type: str
    default: ""
  origin:
    description: The server that made the backup, where that is not O(server).
    type: str
    default: ""
  configuration:
    description: The configuration of the backups on the host, which the role C(backups) writes.
    type: path
    default: /etc/good_neighbor/backup.json
  account:
    description:
      - The account of the host that the server lets in without a password (peer). Not used with O(login_password) or
        O(login_host).
    type: str
    default: postgres
  allocation:
    description: The whole allocation matrix. It is validated on the controller; one row is sent, without secrets.
    type: list
    elements: dict
    required: true
  servers:
    description: The servers of the matrix, by name.
    type: dict
    required: true
  server:
    description: The name of the server that is restored to, one of O(servers).
    type: str
    required: true
  login_db:
    description: The maintenance database.
    type: str
    default: postgres
extends_documentation_fragment:
  - community.postgresql.postgres
requirements:
  - psycopg2
  - PostgreSQL 15 or later
  - age, and rclone for O(source=offsite)
  - root on the host of the server
attributes:
  check_mode:
    description: Reads the manifest and the dump's list, tells what would be done, and changes nothing.
    support: full
  idempotent:
    description: A database that was restored from this backup is left as it is, unless O(again) is true.
    support: full
  diff_mode:
    description: Shows the databases, before and after.
    support: full
seealso:
  - module: bbworlds.good_neighbor.allocation
"""

EXAMPLES = r"""
- name: The newest backup stands beside the live database
  bbworlds.good_neighbor.restore:
    service: nexus
    key_file: ~/good_neighbor.age
    allocation: "{{ good_neighbor_allocation }}"
    servers: "{{ good_neighbor_servers }}"
    server: voice-ninja.com
    login_unix_socket: /var/run/postgresql
  become: true
"""

RETURN = r"""
backup:
  description: The name of the backup.
  returned: success
  type: str
database:
  description: What the restored database is called.
  returned: success
  type: str
kept:
  description: What the database that gave way is called now; empty where none did.
  returned: success
  type: str
tables:
  description: How many tables the backup holds.
  returned: success
  type: int
rows:
  description: How many rows they have.
  returned: success
  type: int
steps:
  description: What was done, or in check mode would be.
  returned: success
  type: list
  elements: str
told:
  description: What of the dump is not restored, because the matrix does not allow it or only a superuser could make it.
  returned: success
  type: list
  elements: str
notes:
  description: What else there is to know.
  returned: success
  type: list
  elements: str
exceptions:
  description: The lines for good_neighbor_servers that accept the copy which is kept; empty where none is.
  returned: success
  type: str
report:
  description: All of this for a person.
  returned: success
  type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup import restore_face
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.restore_plan import ORIGINS, PLACES
from ansible_collections.community.postgresql.plugins.module_utils.postgres import postgres_common_argument_spec


def main() -> None:
    """Runs the module."""
    spec = postgres_common_argument_spec()
    spec.update(
        login_db={"type": "str", "default": "postgres"},
        service={"type": "str", "required": True},
        backup={"type": "str", "default": "newest"},
        source={"type": "str", "choices": list(ORIGINS), "default": "local"},
        place={"type": "str", "choices": list(PLACES), "default": "beside"},
        confirm={"type": "str", "default": ""},
        again={"type": "bool", "default": False},
        key_file={"type": "path", "required": True, "no_log": False},
        key={"type": "str", "default": "", "no_log": True},
        origin={"type": "str", "default": ""},
        configuration={"type": "path", "default": "/etc/good_neighbor/backup.json"},
        account={"type": "str", "default": "postgres"},
        allocation={"type": "list", "elements": "dict", "required": True},
        servers={"type": "dict", "required": True},
        server={"type": "str", "required": True})
    restore_face.run(AnsibleModule(argument_spec=spec, supports_check_mode=True))


if __name__ == "__main__":
    main()
