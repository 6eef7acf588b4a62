"""Has watcher.py watch in the background."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from live.proofs.house import STRANGER, SUPERUSER, House, ended


@dataclass
class Watch:
    """What the watcher saw, once it has ended. `knocks` counts refusals: missing, closed, denied."""

    looks: int = 0
    longest_gap: float = 0.0
    knocks: dict[str, int] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)


@contextmanager
def watch(house: House, databases: Sequence[str]) -> Iterator[Watch]:
    """Watches until the block ends, then fills what it yielded."""
    report = Watch()
    process = subprocess.Popen([sys.executable, Path(__file__).with_name("watcher.py")], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(json.dumps({"host": str(house.folder), "port": house.port, "password": SUPERUSER,
                                    "stranger": STRANGER, "databases": list(databases)}) + "\n")
    process.stdin.flush()
    try:
        assert process.stdout.readline() == "watching\n"
        yield report
    finally:
        out, _errors = ended(process)
    assert process.returncode == 0
    vars(report).update(json.loads(out))
