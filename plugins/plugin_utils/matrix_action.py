# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the action plugins share: the matrix is judged on the controller before a host is touched."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ..module_utils.errors import MatrixError
from ..module_utils.matrix.overrides import overridden
from .arguments import prepared
from .engine_archive import engine_archive
from .templates import Templar, decrypted, resolved, template_by_template

OF_THE_MATRIX = ("servers", "allocation")


def refusal(error: MatrixError) -> dict[str, Any]:
    """The result of a task whose matrix is wrong."""
    return {
        "failed": True,
        "changed": False,
        "msg": str(error),
        "problems": [asdict(problem) for problem in error.problems],
    }


class MatrixAction(ActionBase):
    """An action that takes `servers` and `allocation`."""

    @classmethod
    def finalize_task_arg(cls, name: str, value: object, templar: Templar, context: object) -> object:
        """One argument, its templates resolved: those of the matrix that cannot be stay text, for validation to tell.
        Called by Ansible 2.19 and newer."""
        if name in OF_THE_MATRIX:
            return resolved(value, templar)
        return super().finalize_task_arg(name, value, templar, context)

    def of_the_inventory(self, name: str, task_vars: dict[str, Any]) -> object:
        """`good_neighbor_NAME` with its overrides, as the inventory has it; templates that cannot be resolved stay text.

        Raises MatrixError where the overrides are wrong.
        """
        whose = {"allocation": "good_neighbor_overrides", "servers": "good_neighbor_server_overrides"}[name]
        items, changes = (template_by_template(task_vars.get(variable), self._templar, task_vars)
                          for variable in (f"good_neighbor_{name}", whose))
        return overridden(items, changes)

    @property
    def playbook(self) -> Path:
        """The folder of the playbook."""
        return Path(self._loader.get_basedir())


class ModuleOfMatrix(MatrixAction):
    """Validates on the controller, takes out the secrets of others, then runs `module` where the database is."""

    module = ""

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The module's result, or a refusal: then nothing was sent and no connection was made."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = {name: decrypted(value) for name, value in self._task.args.items()}
        withheld = boolean(arguments.get("secrets_withheld") or False, strict=False)
        try:
            sent = prepared(arguments, self.playbook, secrets_withheld=withheld)
        except MatrixError as error:
            return {**result, **refusal(error)}
        sent["engine"] = engine_archive()
        result.update(self._execute_module(module_name=self.module, module_args=sent, task_vars=task_vars))
        result.pop("invocation", None)  # the arguments once more: callbacks print it at -vvv
        return result
