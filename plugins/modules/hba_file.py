#!/usr/bin/python
# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module hba_file: pg_hba.conf and pg_ident.conf, whole, and never broken."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hba_file
short_description: Compare or replace a server's pg_hba.conf and pg_ident.conf
description:
  - Takes the whole text of pg_hba.conf (and of pg_ident.conf), tells how the server's present file differs from it in whom
    it lets in, and who is connected from where now. With O(mode=manage) it puts the text in the file's place.
  - Before a text becomes the server's file, PostgreSQL itself reads it. A scratch cluster of the same build is made in a
    temporary folder and asked in single-user mode, without a socket or a port. What it cannot read is told with number and
    text of the line and the comment above it, and nothing is changed.
  - A file is replaced in one step, with its owner, and with its mode but for what lets other accounts write or read it.
    The server is told to read it. Then the module opens a new
    session and compares what the server reads with what the scratch cluster has read. If the server lets it in no more, or
    reads something else, the former files come back and are loaded again.
  - Killed at any moment, it leaves the former or the new file in its place, and the next run does the rest, a reload that
    was missed included.
  - Must run on the server's own host, as the account that the server runs as (become_user, not root), and log in as a
    superuser.
  - The secrets of a line, C(ldapbindpasswd) and C(radiussecrets), are hidden wherever lines are shown, with the rest of the
    line after them.
version_added: 0.1.0
author: BBWorlds (@bbworlds)
options:
  hba:
    description:
      - The text of pg_hba.conf, as P(bbworlds.good_neighbor.hba_text#filter) writes it.
    type: str
    required: true
  ident:
    description:
      - The text of pg_ident.conf, as P(bbworlds.good_neighbor.ident_text#filter) writes it.
      - If it is not given, that file is left alone.
    type: str
  mode:
    description:
      - V(report) changes nothing.
      - V(manage) replaces the files.
    type: str
    choices: [report, manage]
    default: report
  allow_lock_out:
    description:
      - Whether the new lines may refuse the login that this module itself uses. By default such a text is not written, or,
        where that shows after the reload only, taken back.
    type: bool
    default: false
  timeout:
    description: How many seconds to wait for another run on the same files to end, and for the server to reload.
    type: int
    default: 10
  hba_file:
    description:
      - Where pg_hba.conf is while the server does not run or lets nobody in. One that lets us in is asked.
      - With O(ident_file) and O(bindir) the files can be written then. They count from the next start or reload on, which is
        left to you.
    type: path
  ident_file:
    description:
      - Where pg_ident.conf is, see O(hba_file).
    type: path
  bindir:
    description:
      - The folder of the server's programs (initdb, postgres), see O(hba_file).
    type: path
  login_db:
    description: The database to connect to.
    type: str
    default: postgres
extends_documentation_fragment:
  - community.postgresql.postgres
attributes:
  check_mode:
    description: Reads the wanted text with the scratch cluster all the same, and writes nothing.
    support: full
  diff_mode:
    description: Shows the lines of both files, secrets hidden.
    support: full
  idempotent:
    description: A second run writes nothing and does not reload.
    support: full
requirements:
  - psycopg2
  - PostgreSQL 15 or later, with initdb
seealso:
  - plugin: bbworlds.good_neighbor.hba_text
    plugin_type: filter
  - plugin: bbworlds.good_neighbor.ident_text
    plugin_type: filter
  - module: bbworlds.good_neighbor.allocation_info
notes:
  - Relative paths in a text (C(@file), C(include)) are read from another folder by the scratch cluster. Write them from the
    root.
"""

EXAMPLES = r"""
- name: What would change is known
  bbworlds.good_neighbor.hba_file:
    hba: "{{ good_neighbor_allocation
      | bbworlds.good_neighbor.hba_text(good_neighbor_servers, inventory_hostname) }}"
  register: doors
  become: true
  become_user: postgres

- name: Everybody comes in by his own door
  bbworlds.good_neighbor.hba_file:
    mode: manage
    hba: "{{ good_neighbor_allocation
      | bbworlds.good_neighbor.hba_text(good_neighbor_servers, inventory_hostname) }}"
    ident: "{{ good_neighbor_allocation
      | bbworlds.good_neighbor.ident_text(good_neighbor_servers, inventory_hostname) }}"
  become: true
  become_user: postgres

- name: A server that nobody can enter any more gets the right lines
  bbworlds.good_neighbor.hba_file:
    mode: manage
    hba: "{{ good_neighbor_allocation
      | bbworlds.good_neighbor.hba_text(good_neighbor_servers, inventory_hostname) }}"
    hba_file: /etc/postgresql/17/main/pg_hba.conf
    ident_file: /etc/postgresql/17/main/pg_ident.conf
    bindir: /usr/lib/postgresql/17/bin
  become: true
  become_user: postgres
"""

RETURN = r"""
as_wanted:
  description: Whether the files were found as wanted, word by word, and loaded.
  returned: success
  type: bool
report:
  description: Differences and connections as a text for a person.
  returned: success
  type: str
differences:
  description: How the present files differ from the wanted ones in what they mean, the worst first.
  returned: success
  type: list
  elements: dict
  contains:
    severity:
      description: V(critical), V(high), V(medium) or V(low), by consequence.
      type: str
      returned: always
    kind:
      description:
        - V(broken), a line that the server cannot read. V(unread), a file that was changed and not loaded. V(open), one that
          other accounts of the host may change or read. V(wider), a line that lets in more than the matrix. V(missing), a
          wanted line that nothing stands for. V(shut), a line for TLS where TLS is off. V(identity), a line of pg_ident.conf
          too many or too few. V(included), a line that takes in other files.
      type: str
      returned: always
    line:
      description: The number of the present line, 0 where there is none.
      type: int
      returned: always
    file:
      description: The included file in which the line stands, empty for the file itself.
      type: str
      returned: always
    text:
      description: The line.
      type: str
      returned: always
    message:
      description: All of it in a sentence.
      type: str
      returned: always
connections:
  description: Who is connected now, those first whom the wanted lines would refuse. Empty where the server does not run.
  returned: success
  type: list
  elements: dict
  contains:
    role:
      description: The role that logged in.
      type: str
      returned: always
    database:
      description: The database; null for physical replication.
      type: str
      returned: always
    client_addr:
      description: From where; null for the socket.
      type: str
      returned: always
    ssl:
      description: Whether the connection is encrypted by TLS.
      type: bool
      returned: always
    count:
      description: How many such sessions there are.
      type: int
      returned: always
    refused:
      description: Whether the wanted lines would refuse them; null where only the server can tell (names, V(samenet)).
      type: bool
      returned: always
    line:
      description: The wanted line that decides; null where none fits.
      type: str
      returned: always
hba_file:
  description: The server's pg_hba.conf.
  returned: success
  type: str
  sample: /etc/postgresql/17/main/pg_hba.conf
ident_file:
  description: The server's pg_ident.conf.
  returned: success
  type: str
  sample: /etc/postgresql/17/main/pg_ident.conf
"""

import os
import pwd
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog import session
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import GoodNeighborError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.hba_file.live import Facts
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.hba_file.report import result
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.hba_file.run import Request, run
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.hba_file.text import secrets
from ansible_collections.community.postgresql.plugins.module_utils.postgres import (
    get_conn_params,
    postgres_common_argument_spec,
)


def argument_spec() -> dict[str, Any]:
    """The options."""
    spec: dict[str, Any] = postgres_common_argument_spec()
    spec.update(
        login_db={"type": "str", "default": "postgres"},
        # no_log keeps the texts out of the host's system log; narrowed to the secrets in them in `main`
        hba={"type": "str", "required": True, "no_log": True},
        ident={"type": "str", "no_log": True},
        mode={"type": "str", "choices": ["report", "manage"], "default": "report"},
        allow_lock_out={"type": "bool", "default": False},
        timeout={"type": "int", "default": 10},
        hba_file={"type": "path"},
        ident_file={"type": "path"},
        bindir={"type": "path"},
    )
    return spec


def request(params: dict[str, Any], dry: bool) -> Request:
    """The options as a request."""
    places = [params[name] for name in ("hba_file", "ident_file", "bindir")]
    given = Facts(places[0], places[1], places[2], 0, False, {}) if all(places) else None
    return Request(params["hba"], params["ident"], given, pwd.getpwuid(os.geteuid()).pw_name, params["mode"] == "manage",
                   dry, params["allow_lock_out"], params["timeout"])


def main() -> None:
    """Looks, and where it is told to, replaces."""
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    module.no_log_values = secrets(module.params["hba"]) | secrets(module.params["ident"] or "")
    if module.params["login_password"]:
        module.no_log_values.add(module.params["login_password"])
    if not session.HAS_DRIVER:
        module.fail_json(msg=missing_required_lib("psycopg2"))
    if os.geteuid() == 0:
        module.fail_json(msg="PostgreSQL's programs refuse root: run as the account of the server (become_user: postgres)")
    try:
        parameters = get_conn_params(module, module.params)
        database = parameters.pop("dbname", None) or parameters.pop("database", None)  # its name depends on the driver's age
        outcome = run(session.Server(parameters, str(database)), request(module.params, module.check_mode))
    except GoodNeighborError as error:
        module.fail_json(msg=str(error))
    for note in outcome.notes:
        module.warn(note)
    module.exit_json(**result(outcome))


if __name__ == "__main__":
    main()
