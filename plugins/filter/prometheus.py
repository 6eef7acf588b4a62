# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters of the role `monitoring` for the host of Prometheus and Alertmanager."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import yaml
from ansible.errors import AnsibleFilterError

from ..module_utils.errors import GoodNeighborError
from ..module_utils.monitoring import notices, prometheus_plan
from ..module_utils.monitoring.prometheus_plan import Wishes
from ..plugin_utils.typed import typed

HEAD = "# Made by Ansible from the allocation matrix; what is written here by hand is lost.\n"


def prometheus(allocation: object, servers: object, wishes: Mapping[str, Any],
               variables: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Takes the matrix, the role's variables and those of the hosts; returns what the tasks need to know, with no secret."""
    values = Wishes(**typed(Wishes, wishes, "monitoring_"))
    try:
        found = prometheus_plan.plan(servers, allocation, values, variables)
    except GoodNeighborError as error:
        raise AnsibleFilterError(str(error)) from None
    return {**found, **{name: _text(found[name]) for name in ("config", "rules") if name in found}}


def alertmanager(receivers: Sequence[Mapping[str, Any]], routes: Sequence[Mapping[str, Any]] = ()) -> str:
    """Takes receivers and routes of Alertmanager; returns its configuration file, which holds their secrets."""
    wrong = notices.problems(receivers, routes)
    if wrong:
        raise AnsibleFilterError("; ".join(wrong))
    return _text(notices.configuration(receivers, routes))


def _text(found: Mapping[str, Any]) -> str:
    """A mapping as YAML. By way of JSON, for strings of Ansible may be more than strings: encrypted, for one."""
    mere = json.loads(json.dumps(found, default=str))
    return HEAD + str(yaml.safe_dump(mere, sort_keys=False, width=1000, allow_unicode=True))


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Filters by name."""
        return {"prometheus": prometheus, "alertmanager": alertmanager}
