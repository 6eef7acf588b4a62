# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action `missing_secrets`: makes those that the matrix waits for, and shows none. Runs on the controller alone."""

from __future__ import annotations

from collections.abc import Sequence
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
                "path": {"type": "path"},
            }
        )
        check = bool(self._task.check_mode)
        try:
            path = Path(options["path"]) if options["path"] else place((task_vars or {}).get("ansible_inventory_sources"))
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


def place(sources: Sequence[str] | None) -> Path:
    """The file for new secrets of an inventory: in `group_vars/all` of its folder, or beside its file.

    Raises GoodNeighborError where the inventory lies nowhere, such as a list of hosts.
    """
    for source in sources or ():
        inventory = Path(source)
        if inventory.exists():
            return (inventory if inventory.is_dir() else inventory.parent).absolute() / "group_vars" / "all" / "secrets.yml"
    raise GoodNeighborError("the inventory is neither a folder nor a file: name a file for the secrets with "
                            "good_neighbor_secrets_file")


def _said(made: list[str], path: Path, check: bool) -> str:
    if not made:
        return "No secret is missing."
    count = "1 secret" if len(made) == 1 else f"{len(made)} secrets"
    if check:
        return f"{count} would be made in {path}."
    return f"{count} made in {path}. To encrypt them: ansible-vault encrypt {path}"
