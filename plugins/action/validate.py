# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action `validate`: is the matrix right? Runs on the controller alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..module_utils.errors import MatrixError, Problem
from ..module_utils.matrix.parse import parse
from ..module_utils.matrix.types import ACTIVE, PLANNED
from ..plugin_utils.arguments import check_hosts
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
                "servers": {"type": "raw"},
                "allocation": {"type": "raw"},
                "hosts": {"type": "list", "elements": "str"},
            }
        )
        problems: list[Problem] = []
        matrix: dict[str, Any] = {}
        try:
            for name in ("servers", "allocation"):
                given = options[name] is not None
                matrix[name] = options[name] if given else self.of_the_inventory(name, task_vars or {})
            parse(**matrix)
        except MatrixError as error:
            problems += error.problems
        read_all(declared(matrix.get("allocation"), {ACTIVE, PLANNED}), self.playbook, problems)
        check_hosts(_servers_of(options["hosts"] or (), task_vars or {}), matrix.get("servers"), problems)
        if problems:
            return {**result, "failed": True, "changed": False, "msg": str(MatrixError(problems))}
        rows, servers = len(matrix["allocation"]), len(matrix["servers"])
        count = f"{rows} {'row' if rows == 1 else 'rows'}, {servers} {'server' if servers == 1 else 'servers'}: valid"
        return {**result, "changed": False, "msg": count, "_ansible_verbose_always": True}


def _servers_of(hosts: Iterable[str], task_vars: Mapping[str, Any]) -> dict[str, object]:
    """Which server each host says it is; its own name, where it says nothing."""
    known = task_vars["hostvars"]
    return {host: known[host].get("good_neighbor_server", host) if host in known else host for host in hosts}
