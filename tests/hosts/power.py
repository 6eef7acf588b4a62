"""What happens to whole hosts, by the commands that the scenario's inventory names."""

from __future__ import annotations

import subprocess
from typing import Any

import yaml

from hosts.playbooks import ROOT, inventory


def _commands() -> dict[str, Any]:
    files = [inventory() / "hosts.yml", inventory() / "own.yml"]   # the second is the user's, if he has hosts of his own
    found: dict[str, Any] = {}
    for file in files:
        if file.exists():
            found |= yaml.safe_load(file.read_text())["good_neighbor"].get("vars", {})
    return found


def _run(command: str, **words: str) -> None:
    line = _commands()[command].format(**words)
    done = subprocess.run(["bash", "-euc", line], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"


def off(name: str) -> None:
    """Cut a host's power, without a word to it."""
    _run("hosts_power_off", name=name)


def on(name: str) -> None:
    """Start it again, and wait until it answers."""
    _run("hosts_power_on", name=name)


def memory(name: str, mib: str) -> None:
    """Give the whole host so much memory, in MiB or `max`."""
    _run("hosts_memory", name=name, mib=mib)


def anew(name: str) -> None:
    """Destroy a host, its disks too, and make a new one in its place."""
    _run("hosts_anew", name=name)
