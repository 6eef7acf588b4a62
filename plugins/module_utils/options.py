# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that modules of the matrix share; the doc fragment `matrix` tells them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.community.postgresql.plugins.module_utils.postgres import postgres_common_argument_spec

from .arrived import OPTION


def of_matrix(**more: Mapping[str, object]) -> dict[str, Any]:
    """The options of allocation and allocation_info, and `more`."""
    spec: dict[str, Any] = postgres_common_argument_spec()
    spec.update(
        login_db={"type": "str", "default": "postgres"},
        # no_log keeps the rows out of the host's system log; narrowed to the secrets in them by face.py
        allocation={"type": "list", "elements": "dict", "required": True, "no_log": True},
        servers={"type": "dict", "required": True},
        server={"type": "str", "required": True},
        schema_sources={"type": "list", "elements": "dict", "default": [], "options": {
            "path": {"type": "str", "required": True}, "content": {"type": "str", "required": True}}},
        lock_timeout={"type": "str", "default": "3s"},
        secrets_withheld={"type": "bool", "default": False},
        **OPTION, **more)
    return spec
