# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter `server_plan`: what a host and the matrix say, made into what the role `postgresql_server` will do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils.errors import GoodNeighborError
from ..module_utils.server.host import host
from ..module_utils.server.options import options
from ..module_utils.server.plan import plan


def server_plan(found: Mapping[str, Any], server: str, *, servers: object, allocation: object, mode: str,
                **given: Any) -> dict[str, Any]:
    """Takes what `server_info` returned, the matrix and the role's variables; returns the plan, with no secret in it."""
    try:
        return plan(servers, allocation, server, host(found), options(mode, given))
    except GoodNeighborError as error:
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Filters by name."""
        return {"server_plan": server_plan}
