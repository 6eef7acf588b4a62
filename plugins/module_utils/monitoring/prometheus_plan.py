# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the matrix and the role's variables mean for the host of Prometheus and Alertmanager: pure, on the controller."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from ..matrix.parse import parse
from . import notices, scrape

FOLDER = "/etc/prometheus"
CONFIG, RULES, NOTICES = (f"{FOLDER}/good_neighbor{end}" for end in (".yml", ".rules.yml", ".alertmanager.yml"))
STATE = "/var/lib/prometheus"  # where Debian's packages keep their data


@dataclass(frozen=True)
class Wishes:
    """The role's variables. `host`: this one's name in the inventory; `databases`, `drills`: names of hosts; `acts`: whether
    this run may change the host; `keep`: how long values are kept, in Prometheus' words."""

    enabled: bool
    acts: bool
    host: str
    databases: tuple[str, ...]
    drills: tuple[str, ...]
    address: str
    prometheus_port: int
    alertmanager_port: int
    keep: str
    receivers: Any
    routes: Any


def plan(servers: object, allocation: object, wishes: Wishes, variables: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What the tasks need to know, with no secret in it: problems, both configurations but that of the receivers, arguments.

    Raises MatrixError where the matrix is wrong.
    """
    matrix = parse(servers, allocation, secrets_withheld=True)
    if not wishes.enabled:
        return {"acts": False, "problems": [], "remark": _remark(wishes)}
    found = scrape.targets(variables, wishes.databases, wishes.drills, matrix)
    prometheus = scrape.listen(wishes.address, wishes.prometheus_port)
    alertmanager = scrape.listen(wishes.address, wishes.alertmanager_port)
    return {
        "acts": wishes.acts,
        "problems": [*_problems(wishes), *scrape.problems(found, wishes.host)],
        "remark": _remark(wishes),
        "config_file": CONFIG,
        "rules_file": RULES,
        "notices_file": NOTICES,
        "config": scrape.configuration(found, RULES, alertmanager),
        "rules": scrape.rules(found, matrix, drills=any(one.name in wishes.drills for one in found)),
        "prometheus_arguments": [
            f"--config.file={CONFIG}", f"--web.listen-address={prometheus}", f"--storage.tsdb.path={STATE}/metrics2/",
            f"--storage.tsdb.retention.time={wishes.keep}",
        ],
        # without a cluster, it would wait at port 9094 for others
        "alertmanager_arguments": [
            f"--config.file={NOTICES}", f"--web.listen-address={alertmanager}", f"--storage.path={STATE}/alertmanager/",
            "--cluster.listen-address=",
        ],
    }


def _remark(wishes: Wishes) -> str:
    if not wishes.enabled:
        return f"{wishes.host}: Prometheus is not set up, for monitoring_enabled is false; what is there is left as it is"
    return "" if wishes.acts else f"{wishes.host}: Prometheus is left as it is: this run only looks"


def _problems(wishes: Wishes) -> list[str]:
    found = notices.problems(wishes.receivers, wishes.routes)
    try:
        ip_address(wishes.address)
    except ValueError:
        found.append(f"monitoring_prometheus_address: {wishes.address!r} is no address of the host; write one, such as "
                     "127.0.0.1")
    for name in ("prometheus_port", "alertmanager_port"):
        if not 1 <= getattr(wishes, name) <= 65535:
            found.append(f"monitoring_{name}: write a number from 1 to 65535")
    if wishes.prometheus_port == wishes.alertmanager_port:
        found.append("monitoring_prometheus_port and monitoring_alertmanager_port are the same: write two")
    if not re.fullmatch(r"[1-9][0-9]*[dwy]", wishes.keep):
        found.append("monitoring_keep: write a number of days, weeks or years, such as 90d")
    return found
