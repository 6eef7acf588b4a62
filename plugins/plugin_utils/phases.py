# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The phases of a run, one line in a file for each that begins: its time in seconds, and its name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..module_utils.text_table import table


def begin(file: Path, name: str, now: float) -> None:
    """Notes that a phase begins. Several hosts may say so at once: one short line is written as a whole."""
    with file.open("a", encoding="utf-8") as opened:
        opened.write(f"{now} {' '.join(name.split())}\n")


def taken(file: Path, now: float) -> list[tuple[str, float]]:
    """Each phase with how long it took, in seconds; the last one until now. It begins when the first host says so."""
    if not file.exists():
        return []
    begun: dict[str, float] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        moment, name = line.split(" ", 1)
        begun.setdefault(name, float(moment))
    ends = [*list(begun.values())[1:], now]
    return [(name, end - start) for (name, start), end in zip(begun.items(), ends)]


def text(phases: Sequence[tuple[str, float]]) -> str:
    """The table, with the sum at its end."""
    rows = [*phases, ("all", sum(took for _name, took in phases))]
    return "\n".join(["", *table(("phase", "took"), [(name, f"{took:.1f} s") for name, took in rows])])
