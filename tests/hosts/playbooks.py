"""The collection's playbooks, run against the hosts of a scenario as a user runs them."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 900  # seconds: a play that hangs fails
RECAP = re.compile(r"^(\S+) +: ok=\d+ +changed=(\d+) +unreachable=(\d+) +failed=(\d+)", re.M)


@dataclass(frozen=True)
class Run:
    """How a playbook ended: its exit status, what it printed, and how many tasks changed something, by host."""

    status: int
    text: str
    changed: dict[str, int]


def inventory() -> Path:
    """The inventory of this run's hosts."""
    return Path(os.environ["GN_HOSTS_RUN"]) / "inventory"


def command(name: str, *options: str) -> list[str]:
    """The command line that runs a playbook of the collection, or of a scenario: a file below the project's folder."""
    playbook = name if name.endswith(".yml") else f"bbworlds.good_neighbor.{name}"
    return ["ansible-playbook", "-i", str(inventory()), playbook, *options]


def play(name: str, *options: str) -> Run:
    """Run a playbook to its end: a name or a file, as `command` takes it."""
    done = subprocess.run(
        command(name, *options), cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=LIMIT, check=False,
    )
    changed = {host: int(number) for host, number, *_more in RECAP.findall(done.stdout)}
    return Run(done.returncode, done.stdout, changed)
