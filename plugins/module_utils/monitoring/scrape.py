# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whom Prometheus asks, and by which rules it alerts: its configuration, as the inventory and the matrix say.

https://prometheus.io/docs/prometheus/latest/configuration/configuration/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from ..matrix.types import Matrix
from . import alerts

INTERVAL = "15s"  # that of the rules
ADDRESS, POSTGRES_PORT, NODE_PORT = "127.0.0.1", 9187, 9100  # where exporters listen, if the host says nothing else


@dataclass(frozen=True)
class Target:
    """A host to be asked. `name`: in the inventory; `server`: in the matrix, None where the host has no databases, as those
    of drills; `address`: where its exporters listen; `backups`: whether its databases are backed up."""

    name: str
    server: str | None
    address: str
    postgres_port: int = POSTGRES_PORT
    node_port: int = NODE_PORT
    backups: bool = False


def targets(
    variables: Mapping[str, Mapping[str, Any]], databases: Sequence[str], drills: Iterable[str], matrix: Matrix
) -> list[Target]:
    """The hosts of these groups that are monitored: those with `monitoring_enabled`, and of database hosts those on which
    the role acts. `variables`: of all hosts, by name."""
    ours = {spec.name for spec in matrix.servers if spec.managed and spec.mode != "audit"}
    found = []
    for name in dict.fromkeys([*databases, *drills]):
        mine = variables[name]
        if not mine.get("monitoring_enabled", False):
            continue
        server = str(mine.get("good_neighbor_server", name)) if name in databases else None
        if server is not None and (server not in ours or _of_others(mine)):
            continue
        found.append(_target(name, server, mine))
    return found


def _of_others(mine: Mapping[str, Any]) -> bool:
    """Whether the server is entered with a password or over the network, and so is on somebody else's host."""
    login = mine.get("good_neighbor_login") or {}
    return "login_password" in login or "login_host" in login


def _target(name: str, server: str | None, mine: Mapping[str, Any]) -> Target:
    listens = str(mine.get("monitoring_address", ADDRESS))
    return Target(
        name=name,
        server=server,
        address=str(mine.get("ansible_host", name)) if _is(listens, "unspecified") else listens,
        postgres_port=int(mine.get("monitoring_postgres_port", POSTGRES_PORT)),
        node_port=int(mine.get("monitoring_node_port", NODE_PORT)),
        backups=bool(mine.get("backups_recipients", [])),
    )


def problems(found: Sequence[Target], host: str) -> list[str]:
    """What keeps the host from asking them, each with what to write."""
    told = [
        f"{one.name}: its exporters listen at {one.address}, where {host} cannot reach them; write monitoring_address: with "
        f"an address of {one.name} that {host} reaches and nobody else"
        for one in found
        if one.name != host and _is(one.address, "loopback")
    ]
    servers = [one.server for one in found if one.server]
    told += [f"server {name} has two hosts; Prometheus could not tell them apart"
             for name in dict.fromkeys(servers) if servers.count(name) > 1]
    return told


def configuration(found: Sequence[Target], rules_file: str, alertmanager: str) -> dict[str, Any]:
    """prometheus.yml, as a mapping. `alertmanager`: its address and port.

    The node exporter's files of metrics name their server themselves, so its labels win; the exporter of PostgreSQL calls
    something else `server`, so its labels do not.
    """
    return {
        "global": {"scrape_interval": INTERVAL, "evaluation_interval": INTERVAL},
        "rule_files": [rules_file],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
        "scrape_configs": [
            {"job_name": "postgres", "honor_labels": False,
             "static_configs": [_static(one, one.postgres_port) for one in found if one.server]},
            {"job_name": "node", "honor_labels": True,
             "static_configs": [_static(one, one.node_port) for one in found]},
        ],
    }


def _static(one: Target, port: int) -> dict[str, Any]:
    return {"targets": [listen(one.address, port)], "labels": {"server": one.server or one.name}}


def rules(found: Sequence[Target], matrix: Matrix, drills: bool) -> dict[str, Any]:
    """The rules of all servers that are asked, as one file. `drills`: whether a host of drills is asked, too."""
    groups = [
        group
        for one in found
        if one.server
        for group in alerts.rules(matrix, one.server, backups=one.backups, drills=drills and one.backups)["groups"]
    ]
    return {"groups": groups}


def listen(address: str, port: int) -> str:
    """An address and a port, as one word."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _is(address: str, kind: str) -> bool:
    """Whether it is an address of this kind; a name is of none but localhost."""
    try:
        return bool(getattr(ip_address(address), f"is_{kind}"))
    except ValueError:
        return kind == "loopback" and address == "localhost"
