# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter `alert_rules`: what Prometheus is to watch of a server, as the matrix says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils.errors import GoodNeighborError
from ..module_utils.matrix.parse import parse
from ..module_utils.monitoring.alerts import READ_ON, rules


def alert_rules(
    allocation: object, servers: object, server: str, *, backups: bool = True, drills: bool = True, read_on: str = READ_ON
) -> dict[str, Any]:
    """Takes the matrix and a server's name, returns a rule file as a mapping; what is wrong is told at once."""
    try:
        matrix = parse(servers, allocation, secrets_withheld=True)
    except GoodNeighborError as error:
        raise AnsibleFilterError(str(error)) from None
    if server not in [spec.name for spec in matrix.servers if spec.managed]:
        raise AnsibleFilterError(f"{server} is no managed server of good_neighbor_servers")
    return rules(matrix, server, backups=backups, drills=drills, read_on=read_on)


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Filters by name."""
        return {"alert_rules": alert_rules}
