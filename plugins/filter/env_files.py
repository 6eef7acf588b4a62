# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter `env_files`: the settings files of one server's services."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils.env_file import files, waiting
from ..module_utils.errors import GoodNeighborError
from ..module_utils.matrix.parse import parse


def env_files(allocation: object, servers: object, server: str, *, result: Mapping[str, Any] | None = None,
              services: Sequence[str] = ()) -> list[dict[str, object]]:
    """Takes the matrix and a server's name, returns the files with their content; what is wrong is told at once."""
    later = waiting(result["violations"]) if result else ()
    try:
        return [asdict(file) for file in files(parse(servers, allocation), server, services, later)]
    except GoodNeighborError as error:
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Filters by name."""
        return {"env_files": env_files}
