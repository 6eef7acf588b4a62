# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who is told of alerts: the configuration of Alertmanager.

https://prometheus.io/docs/alerting/latest/configuration/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

NOBODY = "nobody"  # alerts are on the pages of Prometheus and Alertmanager, and nowhere else

# Of one cause one message: what the second alert says follows from the first.
# https://prometheus.io/docs/alerting/latest/configuration/#inhibit_rule
FOLLOWS = (
    ("ServerDown", "WatchSilent|PolicyUnchecked|BackupFailed", ("server",)),
    ("PolicyBroken", "NewViolation", ("server", "rule", "service")),
    ("BackupMissed", "BackupFailed", ("server", "service")),
    ("DrillFailed", "DrillOverdue", ("server", "service")),
    ("DiskNearlyFull", "DiskFillsUp", ("server", "mountpoint")),
)


def problems(receivers: object, routes: object) -> list[str]:
    """What is wrong with the user's receivers and routes; no value but a receiver's name is told, for it may be secret."""
    if not isinstance(receivers, Sequence) or not all(isinstance(one, Mapping) for one in receivers):
        return ["monitoring_receivers: write a list of receivers, as Alertmanager has them"]
    if not isinstance(routes, Sequence) or not all(isinstance(one, Mapping) for one in routes):
        return ["monitoring_routes: write a list of routes, as Alertmanager has them"]
    names = [str(one.get("name", "")) for one in receivers]
    found = [f"monitoring_receivers: receiver {number} has no name" for number, name in enumerate(names, 1) if not name]
    twice = [name for name in dict.fromkeys(names) if name and names.count(name) > 1]
    found += [f"monitoring_receivers: two are called {name!r}" for name in twice]
    if NOBODY in names:
        found.append(f"monitoring_receivers: {NOBODY!r} is the collection's own; choose another name")
    known = {*names, NOBODY}
    found += [f"monitoring_routes: {name!r} is none of monitoring_receivers"
              for name in dict.fromkeys(_named(routes)) if name not in known]
    return found


def configuration(receivers: Sequence[Mapping[str, Any]], routes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """alertmanager.yml, as a mapping. The first receiver gets what no route gives to another one."""
    return {
        "route": {
            "receiver": receivers[0]["name"] if receivers else NOBODY,
            "group_by": ["server", "service"],
            "group_wait": "10s",
            "group_interval": "1m",
            "repeat_interval": "12h",
            "routes": list(routes),
        },
        "receivers": [*receivers, {"name": NOBODY}],
        "inhibit_rules": [
            {
                "source_matchers": [f'alertname="{cause}"'],
                "target_matchers": [f'alertname=~"{effects}"'],
                "equal": list(equal),
            }
            for cause, effects, equal in FOLLOWS
        ],
    }


def _named(routes: Sequence[Any]) -> Iterator[str]:
    """The receivers that routes name, at any depth."""
    for route in routes:
        if isinstance(route, Mapping):
            if "receiver" in route:
                yield str(route["receiver"])
            inner = route.get("routes", [])
            yield from _named(inner if isinstance(inner, Sequence) else [])
