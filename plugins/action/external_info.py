# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action `external_info`: do external servers answer? Runs on the controller alone."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError

from ansible.module_utils.urls import ConnectionError as NoConnection
from ansible.module_utils.urls import open_url
from ansible.plugins.action import ActionBase

from ..module_utils.errors import MatrixError
from ..module_utils.text_table import cell, table
from ..plugin_utils.matrix_action import MatrixAction


class ActionModule(MatrixAction):
    """Asks each external server of the matrix that has an `api_url` once for its head, and nothing else."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """`answers`, one mapping for each server, and a `report` for a person."""
        result: dict[str, Any] = ActionBase.run(self, tmp, task_vars)
        _result, options = self.validate_argument_spec(
            argument_spec={"servers": {"type": "raw"}, "seconds": {"type": "int", "default": 10}}
        )
        try:
            given = options["servers"] is not None
            servers = options["servers"] if given else self.of_the_inventory("servers", task_vars or {})
        except MatrixError as error:
            return {**result, "failed": True, "changed": False, "msg": str(error)}
        answers = [ask(name, url, options["seconds"]) for name, url in external(servers).items()]
        return {**result, "changed": False, "answers": answers, "report": report(answers)}


def external(servers: object) -> dict[str, str]:
    """The address of each server that is not ours, by name."""
    if not isinstance(servers, Mapping):
        return {}
    return {str(name): str(spec["api_url"]) for name, spec in servers.items()
            if isinstance(spec, Mapping) and spec.get("managed") is False and spec.get("api_url")}


def ask(name: str, url: str, seconds: int) -> dict[str, Any]:
    """One HEAD request without credentials; whatever comes back is an answer. Redirections are not followed."""
    begun = time.monotonic()
    answer: dict[str, Any] = {"server": name, "api_url": url, "answers": True, "status": None, "why": ""}
    try:
        with open_url(url, method="HEAD", timeout=seconds, follow_redirects="none", use_netrc=False) as response:
            answer["status"] = response.status
    except HTTPError as error:
        error.close()
        answer["status"] = error.code
    except (OSError, ValueError, NoConnection) as error:
        answer |= {"answers": False, "why": cell(getattr(error, "reason", None) or error)}
    return {**answer, "milliseconds": round((time.monotonic() - begun) * 1000)}


def report(answers: list[dict[str, Any]]) -> str:
    """A table; or that there is nobody to ask."""
    if not answers:
        return "No server of the matrix is external and has an api_url."
    rows = [(one["server"], one["api_url"], f"yes, with {one['status']}" if one["answers"] else f"no: {one['why']}",
             f"{one['milliseconds']} ms") for one in answers]
    return "\n".join(["", *table(("external server", "address", "does it answer", "after"), rows)])
