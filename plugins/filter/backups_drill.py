# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters of the role `backups` for drill hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils.backup import drill_plan
from ..module_utils.backup.drill_plan import Wishes
from ..module_utils.errors import GoodNeighborError


def backups_drill(allocation: object, servers: object, wishes: Mapping[str, Any],
                  variables: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Takes the matrix, the role's variables and those of the hosts; returns what a drill host needs to know."""
    values = {field.name: wishes[field.name] for field in fields(Wishes)}
    for name in ("databases", "offsite_hosts"):
        values[name] = tuple(values[name])
    try:
        return drill_plan.plan(servers, allocation, Wishes(**values), variables)
    except GoodNeighborError as error:
        raise AnsibleFilterError(str(error)) from None


def backups_drill_packages(extensions: Iterable[str], majors: Sequence[str]) -> list[str]:
    """Takes names of extensions and the major versions of PostgreSQL on a host; returns Debian's packages."""
    return drill_plan.packages_of(extensions, [str(major) for major in majors])


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Filters by name."""
        return {"backups_drill": backups_drill, "backups_drill_packages": backups_drill_packages}
