#!/usr/bin/python
# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action `external_info`: it runs on the controller, in plugins/action."""

from __future__ import annotations

DOCUMENTATION = r"""
module: external_info
short_description: Tell whether external servers answer
description:
  - Sends one HEAD request, without credentials, from the controller to the C(api_url) of each server of the matrix that is
    not managed. Any status is an answer. Redirections are not followed.
  - Nothing else is ever asked of an external server. This is asked only when a play says so.
version_added: 0.1.0
author: BBWorlds (@bbworlds)
options:
  servers:
    description: The servers of the allocation matrix. By default those of the inventory, with their overrides.
    type: raw
  seconds:
    description: How long an answer is waited for.
    type: int
    default: 10
attributes:
  check_mode:
    description: Asks in check mode too.
    support: full
"""

EXAMPLES = r"""
- name: External servers are asked whether they answer
  bbworlds.good_neighbor.external_info:
  register: external
  run_once: true
"""

RETURN = r"""
answers:
  description: What came of it, by server.
  returned: success
  type: list
  elements: dict
  contains:
    server: {description: Its name., type: str, returned: always}
    api_url: {description: What was asked., type: str, returned: always}
    answers: {description: Whether it answered., type: bool, returned: always}
    status: {description: "The HTTP status, or null where there was no answer.", type: int, returned: always}
    milliseconds: {description: How long it took., type: int, returned: always}
    why: {description: Why there was no answer., type: str, returned: always}
report:
  description: The same as a table.
  returned: success
  type: str
"""
