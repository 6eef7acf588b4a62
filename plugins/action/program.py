# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action `program`: makes a program of module_utils on the controller, and puts it on the host as `copy` does."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

from ..plugin_utils import program_file


class ActionModule(ActionBase):
    """Hands the file over to ansible.builtin.copy: its check mode, its attributes, its comparison."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The result of copy."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        options = self.validate_argument_spec(argument_spec={
            "path": {"type": "path", "required": True},
            "entry": {"type": "str", "required": True},
            "owner": {"type": "str", "default": "root"},
            "group": {"type": "str", "default": "root"},
            "mode": {"type": "raw", "default": "0755"},
        })[1]
        try:
            content = program_file.build(options["entry"])
        except ValueError as error:
            return {**result, "failed": True, "msg": str(error)}
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, Path(options["path"]).name)
            source.write_bytes(content)
            task = self._task.copy()
            attributes = {name: options[name] for name in ("owner", "group", "mode")}
            task.args = {"src": str(source), "dest": options["path"], **attributes}
            copy = self._shared_loader_obj.action_loader.get(
                "ansible.builtin.copy", task=task, connection=self._connection, play_context=self._play_context,
                loader=self._loader, templar=self._templar, shared_loader_obj=self._shared_loader_obj)
            result.update(copy.run(task_vars=task_vars))
        return result
