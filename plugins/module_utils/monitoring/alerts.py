# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rules of Prometheus that follow from the matrix: targets, limits and priorities become alerts.

https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/
"""

from __future__ import annotations

from typing import Any

from ..matrix.types import ACTIVE, RETIRED, Matrix
from . import server_alerts, service_alerts
from .alert import Alert, plain

READ_ON = "docs/alerts.md"


def rules(
    matrix: Matrix, server: str, *, backups: bool = True, drills: bool = True, read_on: str = READ_ON
) -> dict[str, Any]:
    """A rule file of Prometheus, as a mapping: one group for the server, and one for each of its services that is there or
    retired. `read_on`: where the alerts are explained; their names are its anchors.

    Every series is looked for by the label `server`, with the matrix's name of the server.
    """
    groups = [_group(server, server_alerts.alerts(matrix.server(server)), server, read_on)]
    for row in matrix.on(server):
        if row.status in (ACTIVE, RETIRED):
            found = service_alerts.alerts(row, backups, drills)
            groups.append(_group(f"{server}: {row.service}", found, server, read_on))
    return {"groups": [group for group in groups if group["rules"]]}


def _group(name: str, alerts: list[Alert], server: str, read_on: str) -> dict[str, Any]:
    return {"name": name, "interval": "15s", "rules": [_rule(alert, server, read_on) for alert in alerts]}


def _rule(alert: Alert, server: str, read_on: str) -> dict[str, Any]:
    templated = alert.service.startswith("{{")
    meaning = alert.meaning if templated else plain(alert.meaning)
    labels = {"severity": alert.severity, "server": server, "service": alert.service, "role": alert.role}
    return {
        "alert": alert.name,
        "expr": alert.query,
        **({} if alert.wait == "0s" else {"for": alert.wait}),
        "labels": {name: value for name, value in labels.items() if value},
        "annotations": {"meaning": meaning, "action": plain(alert.action), "read_on": f"{read_on}#{alert.name.lower()}"},
    }
