# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controller's half of the module `restore`: reads the key, and sends it with one row without secrets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..module_utils.errors import GoodNeighborError
from ..module_utils.matrix.parse import parse
from ..module_utils.matrix.secrets import without_secrets
from ..plugin_utils.matrix_action import MatrixAction
from ..plugin_utils.templates import decrypted

_KEY = "AGE-SECRET-KEY-"


class ActionModule(MatrixAction):
    """Runs the module on the host of the service's server, and nowhere else."""

    TRANSFERS_FILES = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The module's result; skipped where the service's database is on another server."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = {name: decrypted(value) for name, value in self._task.args.items()}
        try:
            rows = row_of(arguments)
            if not rows:
                return {**result, "skipped": True, "changed": False,
                        "msg": f"service {arguments.get('service')} has no database on {arguments.get('server')}"}
            key = key_in(str(arguments.get("key_file") or ""))
            self._keep_off_disks()
        except GoodNeighborError as error:
            return {**result, "failed": True, "changed": False, "msg": str(error)}
        sent = {**arguments, "allocation": rows, "key": key}
        result.update(self._execute_module(module_name="bbworlds.good_neighbor.restore", module_args=sent,
                                           task_vars=task_vars))
        result.pop("invocation", None)
        return result

    def _keep_off_disks(self) -> None:
        """Without pipelining Ansible would write the key into a file of the host. Raises GoodNeighborError."""
        if not self._connection.is_pipelining_enabled():
            self._connection.set_option("pipelining", True)
        if not self._connection.is_pipelining_enabled():
            raise GoodNeighborError("the key would be written to a disk of the host, because this connection cannot "
                                    "pipeline: use ssh with become by sudo, and do not set ANSIBLE_KEEP_REMOTE_FILES")


def row_of(arguments: Mapping[str, Any]) -> list[Any]:
    """The raw row of the service on this server, without secrets, in a list; none where it is another server's.

    Raises MatrixError where the matrix is wrong, GoodNeighborError where it does not know the service.
    """
    rows, service = arguments.get("allocation"), arguments.get("service")
    parse(arguments.get("servers"), rows, secrets_withheld=True)
    named = [row for row in _mappings(rows) if row.get("service") == service]
    if not named:
        known = ", ".join(sorted(str(row.get("service")) for row in _mappings(rows)))
        raise GoodNeighborError(f"no service of the matrix is called {service}; there are {known}")
    return [without_secrets(row) for row in named if row.get("server") == arguments.get("server")]


def key_in(path: str) -> str:
    """The private keys in a file of the controller. Raises GoodNeighborError where there is none."""
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise GoodNeighborError(f"the key {path or '(restore_key_file)'} cannot be read: {why}") from None
    if _KEY not in text:
        raise GoodNeighborError(f"{path} holds no private age key (a line that begins with {_KEY})")
    return text


def _mappings(rows: object) -> Iterable[Mapping[str, Any]]:
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, (list, tuple)) else []
