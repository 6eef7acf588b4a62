"""Callback plugin results: what each module returned, one JSON object a line, into the file that GN_RESULTS names."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: results
type: aggregate
short_description: what each module returned, as JSON
description: For the tests.
"""


class CallbackModule(CallbackBase):
    """Writes."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "results"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_ok(self, result: Any) -> None:
        """A task has succeeded."""
        newer = hasattr(result, "task")  # 2.19
        task, returned = (result.task, result.result) if newer else (result._task, result._result)
        with open(os.environ["GN_RESULTS"], "a", encoding="utf-8") as file:
            file.write(json.dumps({"action": task.action, "result": returned}, default=str) + "\n")
