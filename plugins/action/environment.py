# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action `environment`: is this inventory what the play is meant for? Runs on the controller alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ansible.inventory.manager import InventoryManager
from ansible.plugins.action import ActionBase
from ansible.utils.vars import load_extra_vars
from ansible.vars.manager import VariableManager

VARIABLE = "good_neighbor_environment"


class ActionModule(ActionBase):
    """Fails unless the inventory says of every host that it belongs to the environment."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """`msg` says why the hosts are refused."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _result, options = self.validate_argument_spec(
            argument_spec={
                "only": {"type": "str", "required": True},
                "hosts": {"type": "list", "elements": "str", "required": True},
            }
        )
        variables = task_vars or {}
        known, hosts = variables["hostvars"], options["hosts"]
        said = {host: known[host].get(VARIABLE) if host in known else None for host in hosts}
        sources = variables.get("ansible_inventory_sources") or ()
        if len(sources) > 1:
            said |= self._said_apart(sources, hosts)
        why = refusal(options["only"], said, typed=VARIABLE in load_extra_vars(self._loader))
        return {**result, "changed": False, **({"failed": True, "msg": why} if why else {})}

    def _said_apart(self, sources: Sequence[str], hosts: Collection[str]) -> dict[str, object]:
        """What each inventory says by itself of the hosts that it names: of two that name one host, one could say what it is
        and the other where it is."""
        said: dict[str, object] = {}
        for source in sources:
            inventory = InventoryManager(loader=self._loader, sources=[source])
            manager = VariableManager(loader=self._loader, inventory=inventory)
            for host in sorted(set(inventory.hosts) & set(hosts)):
                variables = manager.get_vars(host=inventory.hosts[host], include_hostvars=False)
                said[f"{host} in {source}"] = variables.get(VARIABLE)
        return said


def refusal(only: str, said: Mapping[str, object], *, typed: bool) -> str:
    """Why the hosts are refused, each with the environment that the inventory says; empty where they are not. `typed`:
    whether the variable stood on the command line."""
    if typed:
        return (f"{VARIABLE} stands on the command line, where it would count for every inventory: only the inventory "
                "itself can say what it is. Nothing was touched.")
    if not said:
        return "no host is in the group good_neighbor, or --limit leaves none. Nothing was touched."
    others = [f"{host} is {what if isinstance(what, str) and what else 'of no environment'}"
              for host, what in said.items() if what != only]
    if not others:
        return ""
    return (f"this is for {only} alone, and the inventory does not say {VARIABLE}: {only} of every host: "
            f"{'; '.join(others)}. Nothing was touched.")
