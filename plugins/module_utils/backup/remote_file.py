# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The settings of rclone, and the keys of the hosts that it may talk to, as texts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import GoodNeighborError
from .planning import REMOTE, STATE

_KINDS = ("ed25519", "ecdsa", "rsa")


def sftp(address: str, port: int, account: str, state: str = STATE) -> dict[str, object]:
    """The remote that is a host of ours: SFTP and nothing else, by key, its own key known.
    https://rclone.org/sftp/"""
    return {"type": "sftp", "host": address, "port": port, "user": account, "key_file": f"{state}/keys/id_ed25519",
            "known_hosts_file": f"{state}/keys/known_hosts", "shell_type": "none", "disable_hashcheck": True}


def text(remote: Mapping[str, object], name: str = REMOTE) -> str:
    """rclone.conf with one remote. May hold secrets."""
    lines = [f"{key} = {str(value).lower() if isinstance(value, bool) else value}" for key, value in remote.items()]
    return "\n".join([f"[{name}]", *lines]) + "\n"


def known_hosts(hosts: Iterable[str], variables: Mapping[str, Mapping[str, Any]]) -> str:
    """Lines of known_hosts for `hosts`, from their facts. Raises GoodNeighborError where a host has told no key."""
    lines = []
    for host in hosts:
        address, port = address_of(host, variables[host])
        facts = variables[host].get("ansible_facts", {})
        name = address if port == 22 else f"[{address}]:{port}"
        found = [f"{name} {facts[f'ssh_host_key_{kind}_public_keytype']} {facts[f'ssh_host_key_{kind}_public']}"
                 for kind in _KINDS if facts.get(f"ssh_host_key_{kind}_public")]
        if not found:
            raise GoodNeighborError(f"{host} has told none of its SSH keys")
        lines += found
    return "".join(f"{line}\n" for line in lines)


def address_of(host: str, variables: Mapping[str, Any]) -> tuple[str, int]:
    """Where the other hosts reach `host` by SSH."""
    address = variables.get("backups_address") or variables.get("ansible_host") or host
    return str(address), int(variables.get("backups_port") or 22)
