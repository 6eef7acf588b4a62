# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an alert is, and how a query is written."""

from __future__ import annotations

import re
from dataclasses import dataclass

CRITICAL, HIGH, MEDIUM, LOW = "critical", "high", "medium", "low"


@dataclass(frozen=True)
class Alert:
    """One alert. `meaning`: what is wrong, for whom, in a sentence; `action`: what to do first; `service`: whose it is, or
    empty: the server's; `role`: which of its logins, where one has an alert of its own; `wait`: how long `query` must hold
    before it fires, in Prometheus' words."""

    name: str
    severity: str
    query: str
    meaning: str
    action: str
    service: str = ""
    wait: str = "30s"
    role: str = ""


def where(**labels: str) -> str:
    """Labels that must be equal: `{server="db1",service="nexus"}`."""
    return "{" + ",".join(f"{name}={quoted(value)}" for name, value in labels.items()) + "}"


def quoted(text: str) -> str:
    """A string of PromQL: https://prometheus.io/docs/prometheus/latest/querying/basics/#string-literals"""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def plain(text: str) -> str:
    """Text of an annotation, in which Prometheus sees no template: braces of the matrix stay braces."""
    return re.sub(r"\{\{", '{{"{{"}}', text)
