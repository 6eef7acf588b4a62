#!/usr/bin/python
# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin say, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: say
short_description: Show text to the person at the terminal
description:
  - Shows a text of several lines as it is, on the controller, with any callback and at any verbosity.
version_added: 0.1.0
author: BBWorlds (@bbworlds)
options:
  text:
    description: The text.
    type: str
    required: true
attributes:
  check_mode:
    description: Shows the text in check mode too.
    support: full
seealso:
  - module: ansible.builtin.debug
"""

EXAMPLES = r"""
- name: The databases are shown
  bbworlds.good_neighbor.say:
    text: "{{ judged.databases | bbworlds.good_neighbor.databases_text }}"
"""

RETURN = r""" # """
