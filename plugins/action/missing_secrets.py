# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action `missing_secrets`: makes those that the matrix waits for, and shows none. Runs on the controller alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..module_utils.errors import GoodNeighborError
from ..plugin_utils.matrix_action import MatrixAction
from ..plugin_utils.new_secrets import add, missing


class ActionModule(MatrixAction):
    """Adds a secret for each variable of a password that is not defined."""

    _requires_connection = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """`variables` are the names of those that were made, or in check mode would be."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _result, options = self.validate_argument_spec(
            argument_spec={
                "allocation": {"type": "raw"},
                "path": {"type": "path", "required": True},
            }
        )
        path = Path(options["path"])
        check = bool(self._task.check_mode)
        try:
            given = options["allocation"] is not None
            rows = options["allocation"] if given else self.of_the_inventory("allocation", task_vars or {})
            made = add(path, missing(rows), check=check)
        except GoodNeighborError as error:
            return {**result, "failed": True, "changed": False, "msg": str(error)}
        return {
            **result,
            "changed": bool(made),
            "variables": made,
            "path": str(path),
            "msg": _said(made, path, check),
            "_ansible_verbose_always": True,
        }


def _said(made: list[str], path: Path, check: bool) -> str:
    if not made:
        return "No secret is missing."
    count = "1 secret" if len(made) == 1 else f"{len(made)} secrets"
    if check:
        return f"{count} would be made in {path}."
    return f"{count} made in {path}. To encrypt them: ansible-vault encrypt {path}"
