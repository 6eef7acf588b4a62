# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters of the role `backups`: what its variables mean, and the files that follow from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils.backup import planning, remote_file
from ..module_utils.backup.planning import Wishes
from ..module_utils.errors import GoodNeighborError


def backups_plan(allocation: object, servers: object, server: str, wishes: Mapping[str, Any]) -> dict[str, Any]:
    """Takes the matrix and the role's variables; returns what the tasks need to know, with no secret in it."""
    try:
        return planning.plan(servers, allocation, server, _wishes(wishes))
    except GoodNeighborError as error:
        raise AnsibleFilterError(str(error)) from None


def backups_config(plan: Mapping[str, Any], wishes: Mapping[str, Any], keys: Sequence[str] = ()) -> str:
    """Takes what `backups_plan` returned; returns the program's configuration file."""
    return planning.config(plan, _wishes(wishes), [key.strip() for key in keys])


def rclone_sftp(host: str, variables: Mapping[str, Mapping[str, Any]], account: str, state: str) -> dict[str, object]:
    """Takes a host's name and the hosts' variables; returns it as a remote of rclone."""
    return remote_file.sftp(*remote_file.address_of(host, variables[host]), account, state)


def rclone_text(remote: Mapping[str, object], name: str = planning.REMOTE) -> str:
    """Takes a remote's settings; returns rclone.conf."""
    return remote_file.text(remote, name)


def known_hosts(hosts: Iterable[str], variables: Mapping[str, Mapping[str, Any]]) -> str:
    """Takes hosts' names and their variables; returns their SSH keys as lines of known_hosts."""
    try:
        return remote_file.known_hosts(hosts, variables)
    except GoodNeighborError as error:
        raise AnsibleFilterError(str(error)) from None


def _wishes(found: Mapping[str, Any]) -> Wishes:
    values = {field.name: found[field.name] for field in fields(Wishes)}
    for name in ("recipients", "offsite_hosts"):
        values[name] = tuple(values[name])
    return Wishes(**values)


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Filters by name."""
        return {"backups_plan": backups_plan, "backups_config": backups_config, "rclone_sftp": rclone_sftp,
                "rclone_text": rclone_text, "known_hosts": known_hosts}
