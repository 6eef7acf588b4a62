# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filters `audit_text`, `run_text`, `databases_text`, `health_text`: what the modules return, for a person to read."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from typing import Any

from ..module_utils import audit_text, health_text
from ..plugin_utils import invocation

Row = dict[str, Any]


def audit(result: Row, server: str, *, mode: str = "audit", remedies: Sequence[str] = ("safe",),
          inventory: Sequence[str] = (), variables: str = "", limit: str = "") -> str:
    """Takes what allocation or allocation_info returned; the rest tells how `site` is to be called."""
    paths = tuple(map(invocation.short, inventory))
    command = audit_text.Command(paths, mode, tuple(remedies), invocation.short(variables) if variables else "",
                                 tuple(invocation.options()), limit)
    columns = shutil.get_terminal_size((audit_text.WIDTH, 0)).columns
    return audit_text.audit_text(server, result, command, min(max(columns, 60), 140))


def run(result: Row, server: str, check_mode: bool = False) -> str:
    """Takes what allocation returned, tells what it did or would do."""
    return audit_text.run_text(server, result, check_mode)


def health(result: Row, host: str) -> str:
    """Takes what health_info returned."""
    return health_text.health_text(host, result)


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Filters by name."""
        return {"audit_text": audit, "run_text": run, "databases_text": audit_text.databases_text, "health_text": health}
