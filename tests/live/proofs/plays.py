"""The sandbox's playbooks, aimed at a House."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from live.postgres import ROOT
from live.proofs.house import SERVER, House, ended

PROGRAMS = Path(sys.executable).parent
_OURS = ("ANSIBLE_", "PG")
MODULE = "bbworlds.good_neighbor.allocation"


@dataclass(frozen=True)
class Play:
    """A playbook that has ended: its exit status, what it printed, what its modules returned by the action's name."""

    status: int
    output: str
    results: list[tuple[str, dict[str, Any]]] = field(default_factory=list, repr=False)

    @property
    def changed(self) -> int:
        """How many tasks changed the server, by the recap."""
        found = re.findall(rf"^{re.escape(SERVER)} .*changed=(\d+)", self.output, re.MULTILINE)
        return int(found[-1])

    @property
    def allocation(self) -> dict[str, Any]:
        """What the module allocation returned."""
        return next(result for action, result in self.results if action == MODULE)


def start(house: House, *arguments: str, play: str = "site", schema_files: tuple[str, ...] = (),
          programs: Path = PROGRAMS, **environment: str) -> subprocess.Popen[str]:
    """A playbook, in a session of its own. `programs`: the folder of another Ansible's programs."""
    results = house.folder / "results"
    results.unlink(missing_ok=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    own = {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).with_name("callbacks")),
           "ANSIBLE_CALLBACKS_ENABLED": "results", "GN_RESULTS": str(results), **environment}
    return subprocess.Popen(
        [programs / "ansible-playbook", "-i", "inventories/sandbox", f"bbworlds.good_neighbor.{play}",
         "-e", f"@{house.variables(*schema_files)}", *arguments],
        cwd=ROOT, env=clean | own, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        start_new_session=True)


def finish(house: House, process: subprocess.Popen[str]) -> Play:
    """Waits for its end."""
    output, _errors = ended(process)
    results = house.folder / "results"
    lines = results.read_text().splitlines() if results.exists() else []
    return Play(process.returncode, output, [(found["action"], found["result"]) for found in map(json.loads, lines)])


def run(house: House, play: str, *arguments: str, programs: Path = PROGRAMS, **environment: str) -> Play:
    """Runs a playbook with these arguments."""
    return finish(house, start(house, *arguments, play=play, programs=programs, **environment))


def site(house: House, *arguments: str, schema_files: tuple[str, ...] = (), **environment: str) -> Play:
    """Runs `site` with these arguments."""
    return finish(house, start(house, *arguments, schema_files=schema_files, **environment))
