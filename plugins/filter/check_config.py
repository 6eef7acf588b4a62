# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters for the programs `check` and `watch`: their configuration, made of the matrix without its secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ansible.errors import AnsibleFilterError

from ..module_utils.errors import GoodNeighborError, MatrixError, Problem
from ..module_utils.matrix.types import ACTIVE
from ..module_utils.monitoring import config, planning
from ..plugin_utils.schema_sources import declared, read_all


def check_config(allocation: object, servers: object, server: str, place: Mapping[str, str], *, playbook: str,
                 baseline: Sequence[str] = ()) -> str:
    """Takes the matrix, a server's name, where the program lives, and the folder of the playbook, beside which schema files
    are; returns the program's configuration file."""
    problems: list[Problem] = []
    try:
        sources = read_all(declared(allocation, {ACTIVE}, server), Path(playbook), problems)
        if problems:
            raise MatrixError(problems)
        return config.to_json(planning.for_check(servers, allocation, server, place, baseline, sources))
    except GoodNeighborError as error:
        raise AnsibleFilterError(str(error)) from None


def watch_config(allocation: object, servers: object, server: str, place: Mapping[str, str]) -> str:
    """Takes the matrix, a server's name and where the program lives; returns the program's configuration file."""
    try:
        return config.to_json(planning.for_watch(servers, allocation, server, place))
    except GoodNeighborError as error:
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Filters by name."""
        return {"check_config": check_config, "watch_config": watch_config}
