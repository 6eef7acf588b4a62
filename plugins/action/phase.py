# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action `phase`: how long the phases of a run take. Runs on the controller alone."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from ansible import constants as C
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..plugin_utils import phases


class ActionModule(ActionBase):
    """Begins a phase, or ends the last one and shows them all."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """`phases` are those that have ended, each with its seconds."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _result, options = self.validate_argument_spec(
            argument_spec={
                "begins": {"type": "str"},
                "before": {"type": "list", "elements": "dict", "default": [], "options": {
                    "name": {"type": "str", "required": True}, "seconds": {"type": "float", "required": True}}},
            }
        )
        # the folder of this run alone: all its tasks know it, and it ends with it
        file = Path(C.DEFAULT_LOCAL_TMP) / "good_neighbor.phases"
        now = time.monotonic()
        if options["begins"]:
            phases.begin(file, options["begins"], now)
        taken = [(phase["name"], phase["seconds"]) for phase in options["before"]] + phases.taken(file, now)
        if not options["begins"]:
            Display().display(phases.text(taken))
        return {**result, "changed": False, "phases": [{"name": name, "seconds": round(took, 3)} for name, took in taken]}
