# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter `smoke_entries`: who is to come in to one server, and who is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from ansible.errors import AnsibleFilterError

from ..module_utils.errors import GoodNeighborError
from ..module_utils.matrix.parse import parse
from ..module_utils.smoke import entries


def smoke_entries(allocation: object, servers: object, server: str) -> list[dict[str, object]]:
    """Takes the matrix and a server's name, returns what smoke_test tries; what is wrong is told at once."""
    try:
        found = entries(parse(servers, allocation), server)
    except GoodNeighborError as error:
        raise AnsibleFilterError(str(error)) from None
    return [{name: list(value) if isinstance(value, tuple) else value for name, value in asdict(entry).items()
             if value is not None} for entry in found]


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Filters by name."""
        return {"smoke_entries": smoke_entries}
