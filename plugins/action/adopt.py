# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controller's half of the module `adopt`: takes the secrets out of the matrix, then writes the draft."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean

from ..module_utils.adopt.text import draft_text
from ..module_utils.errors import GoodNeighborError, Problem
from ..module_utils.matrix.secrets import without_secrets
from ..module_utils.matrix.types import ACTIVE
from ..module_utils.secret_file import SecretFile, write
from ..module_utils.text_table import counted
from ..plugin_utils.matrix_action import MatrixAction
from ..plugin_utils.schema_sources import declared, read_all


class ActionModule(MatrixAction):
    """Runs the module where the database is and writes what it drafts here."""

    TRANSFERS_FILES = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The module's result, less the texts that are in the files now."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        try:
            path = place(arguments, task_vars or {})
            if not self._task.check_mode:
                check(path, overwrite=boolean(arguments.get("overwrite") or False, strict=False))
        except GoodNeighborError as error:
            return {**result, "failed": True, "msg": str(error)}
        servers, rows = arguments.get("servers") or {}, arguments.get("allocation") or []
        if isinstance(rows, list):
            arguments["allocation"] = [without_secrets(row) if isinstance(row, dict) else row for row in rows]
        problems: list[Problem] = []  # files that cannot be read: audit tells them, and the draft needs none
        sources = read_all(declared(rows, {ACTIVE}, arguments.get("server")), self.playbook, problems)
        result.update(self._execute_module(module_name="bbworlds.good_neighbor.adopt", task_vars=task_vars,
                                           module_args={**arguments, "path": str(path), "schema_sources": sources}))
        result.pop("invocation", None)
        if result.get("failed") or "draft" not in result:
            return result
        return self._written(result, path, merged=bool(servers or rows))

    def _written(self, result: dict[str, Any], path: Path, *, merged: bool) -> dict[str, Any]:
        """Writes the schema files, then the draft beside them."""
        texts = {file["path"]: file["content"] for file in result.pop("schema_files")}
        texts[str(path)] = draft_text(result["draft"], result["violations"], str(path), merged=merged)
        result |= {"path": str(path), "files": list(texts), "changed": True, "variables": "" if merged else str(path),
                   "drafted": [row["keys"]["service"] for row in result["draft"]["rows"]]}
        count = counted(len(result["drafted"]), "row")
        done = "would be drafted" if self._task.check_mode else "drafted"
        result["told"] = f"{result['draft']['name']}: {count} {done}: {path}"
        if self._task.check_mode:
            return result
        try:
            for name, text in texts.items():
                write(SecretFile(name, text, mode="0600"))
        except GoodNeighborError as error:
            return {**result, "failed": True, "msg": str(error)}
        return result


def place(arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> Path:
    """Where the draft goes. Raises GoodNeighborError where two hosts would write one file."""
    several = len(variables.get("ansible_play_hosts_all") or ()) > 1
    if arguments.get("path"):
        if several:
            raise GoodNeighborError("several hosts would write one draft: name one with --limit, or no file")
        return Path(os.path.abspath(os.path.expanduser(str(arguments["path"]))))
    inventory = Path(str((variables.get("ansible_inventory_sources") or ["draft"])[0]))
    folder = inventory / "group_vars" if inventory.is_dir() else inventory.parent
    return folder.absolute() / (f"draft-{arguments.get('server')}.yml".replace("/", "_") if several else "draft.yml")


def check(path: Path, *, overwrite: bool) -> None:
    """Raises GoodNeighborError where the draft cannot be written, before the server is looked at."""
    if path.exists() and (path.is_dir() or not overwrite):
        raise GoodNeighborError(f"{path} is there already: name another with good_neighbor_adopt_file, or have it replaced: "
                                "good_neighbor_adopt_overwrite=true")
