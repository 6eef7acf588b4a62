# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters of the role `monitoring`: what its variables mean on a database host."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils.errors import GoodNeighborError
from ..module_utils.monitoring import role_plan
from ..module_utils.monitoring.role_plan import Wishes
from ..plugin_utils.typed import typed


def monitoring_plan(allocation: object, servers: object, server: str, wishes: Mapping[str, Any]) -> dict[str, Any]:
    """Takes the matrix and the role's variables; returns what the tasks need to know, with no secret in it."""
    try:
        return role_plan.plan(servers, allocation, server, _wishes(wishes))
    except GoodNeighborError as error:
        raise AnsibleFilterError(str(error)) from None


def monitoring_node_plan(wishes: Mapping[str, Any]) -> dict[str, Any]:
    """Takes the role's variables; returns what the tasks need to know of a host of drills."""
    return role_plan.node_plan(_wishes(wishes))


def monitoring_older(service: Mapping[str, Any], times: Sequence[str],
                     written: Sequence[Mapping[str, Any]] = ()) -> bool:
    """Takes a service, when files were written, and what was written now; returns whether it must be started anew."""
    return role_plan.older(service, times, written)


def _wishes(found: Mapping[str, Any]) -> Wishes:
    return Wishes(**typed(Wishes, found, "monitoring_"))


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Filters by name."""
        return {"monitoring_plan": monitoring_plan, "monitoring_node_plan": monitoring_node_plan,
                "monitoring_older": monitoring_older}
