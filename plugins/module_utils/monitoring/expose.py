# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Metrics as text for the node exporter: https://prometheus.io/docs/instrumenting/exposition_formats/"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Sample:
    """One value of a metric. `labels` in the order in which they are written."""

    name: str
    labels: tuple[tuple[str, str], ...]
    value: float


def text(samples: Iterable[Sample], helps: Mapping[str, str]) -> str:
    """The whole file, each metric once, with what `helps` says of it. All are gauges: whatever counts may begin anew."""
    found = list(samples)
    lines = []
    for name, told in helps.items():
        mine = [sample for sample in found if sample.name == name]
        if mine:
            lines += [f"# HELP {name} {told}", f"# TYPE {name} gauge", *map(_line, mine)]
    return "".join(f"{line}\n" for line in lines)


def _line(sample: Sample) -> str:
    labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in sample.labels)
    value = str(int(sample.value)) if sample.value == int(sample.value) else f"{sample.value:.6f}"
    return f"{sample.name}{{{labels}}} {value}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
