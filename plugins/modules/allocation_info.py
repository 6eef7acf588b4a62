#!/usr/bin/python
# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module allocation_info: how far a server is from the allocation matrix."""

from __future__ import annotations

DOCUMENTATION = r"""
module: allocation_info
short_description: Compare a PostgreSQL server with the allocation matrix
description:
  - Reads the whole server once, compares it with the matrix, and returns every way in which it breaks the rule that each
    service owns exactly one database and nobody else gets in.
  - Changes nothing, and assigns no transaction id.
  - A violation does not fail the task; look at C(compliant).

version_added: 0.1.0
author: BBWorlds (@bbworlds)
extends_documentation_fragment:
  - bbworlds.good_neighbor.matrix
attributes:
  check_mode:
    description: Can run in check mode, for it changes nothing.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: full
seealso:
  - module: bbworlds.good_neighbor.allocation
"""

EXAMPLES = r"""
- name: The server is judged
  bbworlds.good_neighbor.allocation_info:
    allocation: "{{ good_neighbor_allocation }}"
    servers: "{{ good_neighbor_servers }}"
    server: voice-ninja.com
  become: true
  become_user: postgres
  register: judgment
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
  description: What else there is to know, such as that there is no server yet.
  returned: success
  type: list
  elements: str
"""

from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import arrived, options


def main() -> None:
    """Runs the module."""
    arrived.run(options.of_matrix(), "allocation_info")


if __name__ == "__main__":
    main()
