# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action `validate`: is the matrix right? Runs on the controller alone."""

from __future__ import annotations

from typing import Any

from ..module_utils.errors import MatrixError, Problem
from ..module_utils.matrix.parse import parse
from ..module_utils.matrix.types import ACTIVE, PLANNED
from ..plugin_utils.matrix_action import MatrixAction
from ..plugin_utils.schema_sources import declared, read_all


class ActionModule(MatrixAction):
    """Tells everything that is wrong with the matrix, or that it is right."""

    _requires_connection = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """`msg` says how many rows and servers are right, or all that is wrong."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _result, options = self.validate_argument_spec(
            argument_spec={
                "servers": {"type": "raw", "required": True},
                "allocation": {"type": "raw", "required": True},
            }
        )
        problems: list[Problem] = []
        try:
            parse(options["servers"], options["allocation"])
        except MatrixError as error:
            problems += error.problems
        read_all(declared(options["allocation"], {ACTIVE, PLANNED}), self.playbook, problems)
        if problems:
            return {**result, "failed": True, "changed": False, "msg": str(MatrixError(problems))}
        rows, servers = len(options["allocation"]), len(options["servers"])
        count = f"{rows} {'row' if rows == 1 else 'rows'}, {servers} {'server' if servers == 1 else 'servers'}: valid"
        return {**result, "changed": False, "msg": count, "_ansible_verbose_always": True}
