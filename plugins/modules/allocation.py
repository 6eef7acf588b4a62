#!/usr/bin/python
# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module allocation: a server as the allocation matrix says."""

from __future__ import annotations

DOCUMENTATION = r"""
module: allocation
short_description: Make a PostgreSQL server what the allocation matrix says
description:
  - Compares the whole server with the matrix, ends every violation whose remedy is allowed, and provisions what is missing,
    databases, roles, rights, settings, extensions and schema files.
  - Never drops a database, a table, or a role that owns anything, and never loses a row.
  - Gives before it takes, so that what works for a rightful service works at every moment of the run.
  - Nobody queues behind its locks. What cannot be locked is left for the next run, C(deferred), with what must not come
    before it.
  - Refuses before its first statement, all reasons at once, where the server is a standby, read-only, another one than the
    matrix means, or short of room, or where the undo file cannot be written.
  - May be killed at any moment and run again.
  - A violation that is left does not fail the task; look at C(compliant).

version_added: 0.1.0
author: BBWorlds (@bbworlds)
options:
  mode:
    description:
      - How far the run may go. Without it, what the server's entry in O(servers) says.
      - V(audit) changes nothing.
      - V(additive) creates and grants what is missing and takes nothing away. It never touches an existing role's password,
        login or limit, an owner, or a session.
      - V(enforce) ends every violation whose remedy is of a kind in O(remedies).
    type: str
    choices: [audit, additive, enforce]
  remedies:
    description:
      - Which kinds of remedies V(enforce) may run.
      - V(safe) is reversible, loses nothing and ends no session.
      - V(disruptive) ends sessions, takes a login away, or replaces a password that works.
      - V(removal) drops what holds no rows.
    type: list
    elements: str
    choices: [safe, disruptive, removal]
    default: [safe]
  services:
    description: The services whose rows are changed. All are judged. Without it, all are changed too.
    type: list
    elements: str
    default: []
  baseline:
    description: Services whose present tables count as their schema files, which are recorded as applied without being run.
    type: list
    elements: str
    default: []
  undo_file:
    description:
      - A file on the host into which a run that changes something writes the statements that take it back, before its first
        change.
      - Only its owner may read it, for it can hold verifiers. The file of an earlier run is kept beside it under its time.
    type: path
extends_documentation_fragment:
  - bbworlds.good_neighbor.matrix
attributes:
  check_mode:
    description: Tells exactly what a real run would do, by the same code, and changes nothing.
    support: full
  diff_mode:
    description: Shows each thing that changes, before and after.
    support: full
seealso:
  - module: bbworlds.good_neighbor.allocation_info
"""

EXAMPLES = r"""
- name: The server is as the matrix says
  bbworlds.good_neighbor.allocation:
    allocation: "{{ good_neighbor_allocation }}"
    servers: "{{ good_neighbor_servers }}"
    server: voice-ninja.com
    mode: enforce
    undo_file: /var/lib/postgresql/good-neighbor-undo.sql
  become: true
  become_user: postgres
"""

RETURN = r"""
violations:
  description: Every way in which the server breaks the policy, worst first.
  returned: success
  type: list
  elements: dict
  contains:
    rule: {description: The rule's id., type: str, returned: always}
    severity: {description: "critical, high, medium or low.", type: str, returned: always}
    remedy_kind: {description: "safe, disruptive, removal or manual.", type: str, returned: always}
    server: {description: The server., type: str, returned: always}
    service: {description: "The service that it is about, or null.", type: str, returned: always}
    database: {description: "The database, or null.", type: str, returned: always}
    role: {description: "The role, or null.", type: str, returned: always}
    object: {description: "The object, or null.", type: str, returned: always}
    message:
      description: What is wrong, whose, what it lets happen, and what to do where a human must.
      type: str
      returned: always
    remedy: {description: "The statements that end it, secrets masked.", type: list, elements: str, returned: always}
    state: {description: "open, remedied, deferred, excepted or unchecked.", type: str, returned: always}
databases:
  description: Each database of the matrix, and each that no row knows.
  returned: success
  type: list
  elements: dict
  contains:
    service: {description: "The service, or null.", type: str, returned: always}
    database: {description: The database., type: str, returned: always}
    declared: {description: "The row's status, or null.", type: str, returned: always}
    observed:
      description: V(active), V(needs_creation), V(planned), V(external), V(retired) or V(unallocated).
      type: str
      returned: always
    owner: {description: The owner role., type: str, returned: always}
    size_bytes: {description: "Its size in bytes, or null.", type: int, returned: always}
    connections: {description: Connections open now., type: int, returned: always}
    connection_limit: {description: "Its limit, or null.", type: int, returned: always}
compliant:
  description: Whether no violation of severity medium or above is open, deferred or unchecked.
  returned: success
  type: bool
statements:
  description:
    - The statements that were run, or in check mode would be, in their order, secrets masked.
    - A schema file is one entry of its name and checksum.
  returned: success
  type: list
  elements: str
notes:
  description:
    - What else there is to know, such as that there is no server yet, what was left for the next run and why, or in check
      mode why a real run would refuse.
  returned: success
  type: list
  elements: str
"""

from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import arrived, options


def main() -> None:
    """Runs the module."""
    arrived.run(options.of_matrix(
        mode={"type": "str", "choices": ["audit", "additive", "enforce"]},
        remedies={"type": "list", "elements": "str", "choices": ["safe", "disruptive", "removal"], "default": ["safe"]},
        services={"type": "list", "elements": "str", "default": []},
        baseline={"type": "list", "elements": "str", "default": []},
        undo_file={"type": "path"}), "allocation")


if __name__ == "__main__":
    main()
