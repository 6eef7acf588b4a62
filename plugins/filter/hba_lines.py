# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter `hba_lines`: pg_hba.conf as the matrix wants it."""

from __future__ import annotations

from collections.abc import Callable

from ansible.errors import AnsibleFilterError

from ..module_utils.errors import GoodNeighborError
from ..module_utils.hba import lines
from ..module_utils.matrix.parse import parse


def hba_lines(allocation: object, servers: object, server: str) -> list[str]:
    """Takes the matrix and a server's name, returns the lines in order; what is wrong is told at once."""
    try:
        return lines(parse(servers, allocation, secrets_withheld=True), server)
    except GoodNeighborError as error:
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Filters by name."""
        return {"hba_lines": hba_lines}
