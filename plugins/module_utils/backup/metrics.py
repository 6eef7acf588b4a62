# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Metrics for the node exporter's textfile collector: https://github.com/prometheus/node_exporter#textfile-collector"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

PREFIX = "good_neighbor_backup_"
_HELP = {
    "success": "Whether the last attempt has succeeded; 0 while one runs.",
    "last_success_timestamp_seconds": "When the newest complete backup on this host was begun; 0 where there is none.",
    "last_attempt_timestamp_seconds": "When the last attempt was begun; 0 where there was none.",
    "size_bytes": "Size of the newest complete backup.",
    "duration_seconds": "How long the last attempt took.",
    "offsite_last_success_timestamp_seconds": "When the newest backup found offsite was begun; 0 where there is none.",
    "future": "How many backups are dated ahead of the clock.",
    "count": "How many complete backups there are.",
}


@dataclass(frozen=True)
class Sample:
    """What is told of one service: values by the metric's name without its prefix."""

    labels: tuple[tuple[str, str], ...]
    values: Mapping[str, float]


def text(samples: Iterable[Sample]) -> str:
    """The file, in Prometheus' text format."""
    found = list(samples)
    lines = []
    for name, told in _HELP.items():
        rows = [f"{PREFIX}{name}{{{_labels(sample.labels)}}} {_number(sample.values[name])}"
                for sample in found if name in sample.values]
        if rows:
            lines += [f"# HELP {PREFIX}{name} {told}", f"# TYPE {PREFIX}{name} gauge", *rows]
    return "".join(f"{line}\n" for line in lines)


def _labels(labels: Iterable[tuple[str, str]]) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:.3f}"
