"""What something costs: seconds on the clock, seconds of CPU of the process and all that it started, and of the server."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from live.postgres import ROOT
from live.proofs.crowd import Crowd
from live.proofs.house import environment

MODULE = ROOT / "tests" / "live" / "proofs" / "module_process.py"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """Seconds, and the most memory that a process of it took, in MB."""

    wall: float
    cpu: float
    server: float
    memory: float


def median(costs: Iterable[Cost]) -> Cost:
    """The median of each."""
    return Cost(*(statistics.median(values) for values in zip(*map(astuple, costs), strict=True)))


def repeated(times: int, before: Callable[[], object], run: Callable[[], Cost]) -> Cost:
    """The median of so many runs; `before` prepares each."""
    costs = []
    for _time in range(times):
        before()
        costs.append(run())
    return median(costs)


def module(crowd: Crowd) -> Cost:
    """The module in a process of its own."""
    return measured(crowd, [sys.executable, MODULE], dict(environment()), json.dumps(crowd.arguments()) + "\n")


def task(crowd: Crowd) -> Cost:
    """A playbook of one task that is the module."""
    given = {name: value for name, value in crowd.arguments().items() if name != "schema_sources"}
    return play(crowd, {"bbworlds.good_neighbor.allocation": given})


def floor(crowd: Crowd) -> Cost:
    """A playbook of one task that does SELECT 1."""
    return play(crowd, {"community.postgresql.postgresql_query": {**crowd.login_options(), "query": "SELECT 1"}})


def play(crowd: Crowd, *tasks: dict[str, Any], **variables: Any) -> Cost:
    """A playbook of these tasks, with these variables of the play."""
    playbook = crowd.folder / "playbook.yml"
    playbook.touch(0o600)
    named = [{"name": f"Task {number}", **what} for number, what in enumerate(tasks)]
    playbook.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "vars": variables, "tasks": named}]))
    command = [Path(sys.executable).with_name("ansible-playbook"), "-i", "localhost,", "-c", "local", "-e",
               f"ansible_python_interpreter={sys.executable}", playbook]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "PG"))}
    return measured(crowd, command, clean)


def measured(crowd: Crowd, command: list[str | Path], its: dict[str, str], told: str = "") -> Cost:
    """Runs a command to its end, which must be good. `its`: its environment; `told`: its standard input."""
    said = crowd.folder / "said"
    with said.open("w") as out:
        server, begin = _server_cpu(crowd), time.monotonic()
        process = subprocess.Popen(command, cwd=ROOT, env=its, stdin=subprocess.PIPE, stdout=out, stderr=out, text=True)
        assert process.stdin is not None
        process.stdin.write(told)
        process.stdin.close()
        _pid, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, said.read_text()[-3000:]
    return Cost(wall, usage.ru_utime + usage.ru_stime, _server_cpu(crowd) - server, usage.ru_maxrss / 1024)


def _server_cpu(crowd: Crowd) -> float:
    """Of the server's main process and all its sessions that have ended."""
    assert crowd.process is not None
    fields = Path(f"/proc/{crowd.process.pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS
