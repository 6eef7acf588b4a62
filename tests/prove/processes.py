"""The processes of a run: all that came of one, and what others may see of them."""

from __future__ import annotations

import os
import signal
from pathlib import Path


def parents() -> dict[int, int]:
    """The parent of each process there is."""
    found = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                found[int(entry.name)] = int(Path(entry.path, "stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
    return found


def family(ancestor: int) -> list[int]:
    """A process and all that it started, directly or not, as long as each one's parent lives."""
    found, known = [ancestor], parents()
    for one in found:
        found += [child for child, parent in known.items() if parent == one]
    return found


def kill_family(ancestor: int) -> int:
    """kill -9 of a process and all that it started; how many there were. Stopped first, so that none starts more."""
    stopped: list[int] = []
    while todo := [one for one in family(ancestor) if one not in stopped]:
        for one in todo:
            _send(one, signal.SIGSTOP)
        stopped += todo
    for one in stopped:
        _send(one, signal.SIGKILL)
    return len(stopped)


def _send(process: int, what: signal.Signals) -> None:
    try:
        os.kill(process, what)
    except ProcessLookupError:
        pass
