# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action `audit_memory`: what is new since the last audit. Runs on the controller alone."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from ansible import constants as C
from ansible.plugins.action import ActionBase

from ..module_utils import audit_memory


class ActionModule(ActionBase):
    """Compares a result with what was remembered, and remembers this one."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """`told` is the result with its violations marked; `notes` what went wrong with the memory."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _result, options = self.validate_argument_spec(argument_spec={
            "result": {"type": "dict", "required": True},
            "server": {"type": "str", "required": True},
            "folder": {"type": "path", "default": str(Path(C.config.get_config_value("ANSIBLE_HOME"), "good_neighbor"))},
            "inventory": {"type": "list", "elements": "str", "default": []},
            "keep": {"type": "bool", "default": False},
        })
        path = audit_memory.place(options["folder"], options["server"], options["inventory"])
        memory, rows = audit_memory.recall(path), options["result"]["violations"]
        notes = [memory.note] if memory.note else []
        if options["keep"] and not self._task.check_mode:
            now = datetime.datetime.now().astimezone().isoformat(timespec="minutes")
            notes += filter(None, [audit_memory.keep(path, now, rows)])
        told = audit_memory.marked(options["result"], memory)
        return {**result, "changed": False, "told": told, "notes": notes, "path": str(path), "warnings": notes}
