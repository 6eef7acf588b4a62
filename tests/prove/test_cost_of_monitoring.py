"""What watching costs a server of two hundred services: the two programs' CPU time and memory, and the server's for them."""

from __future__ import annotations

import os
import re
import resource
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from live.monitoring.programs import Program
from live.postgres import new_folder
from live.proofs.crowd import Crowd
from live.proofs.house import SERVER, run_module

SERVICES = 200
EVERY = 15 * 60  # seconds between two checks
SHARE = 0.01  # of one core
MEMORY = 100 * 1024  # KiB
TICK = os.sysconf("SC_CLK_TCK")


@pytest.fixture(scope="module")
def crowd() -> Iterator[Crowd]:
    """Two hundred services, just made."""
    cluster = Crowd(new_folder(), count=SERVICES)
    try:
        cluster.make()
        assert run_module(cluster.arguments())["compliant"]
        cluster.quiet()
        yield cluster
    finally:
        cluster.remove()


def written(name: str, crowd: Crowd, folder: Path) -> Program:
    """A program for the crowd."""
    program = Program(name, folder)
    sources = [{"path": str(crowd.schema_file), "content": crowd.schema}]
    program.write(crowd.servers(), crowd.allocation(), SERVER, str(crowd.folder), "postgres", crowd.port, sources)
    return program


def waited(program: Program, *words: str, seconds: float = 0) -> tuple[float, int]:
    """CPU seconds and most memory (KiB) of a run, which is ended after some seconds where they are given."""
    process, most, end = program.start(*words), 0, time.monotonic() + seconds
    pid = 0
    while not pid:
        most = max(most, memory_of(process.pid))
        if seconds and time.monotonic() > end:
            process.send_signal(signal.SIGTERM)  # once: where Python has stopped already, a second one kills it
            seconds = 0
        time.sleep(0.01)
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.stdout is not None
    with process.stdout as pipe:
        said = pipe.read()
    assert process.returncode == 0, said
    return seconds_of(usage), most


def memory_of(pid: int) -> int:
    """The most memory (KiB) that a process has had since it began its program; that of wait4 counts whoever started it."""
    with suppress(FileNotFoundError, ProcessLookupError):
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        return int(found[1]) if found else 0
    return 0


def seconds_of(usage: resource.struct_rusage) -> float:
    """CPU seconds."""
    return usage.ru_utime + usage.ru_stime


def of_the_server(crowd: Crowd) -> float:
    """CPU seconds of all its sessions that have ended, and of the postmaster's forks."""
    assert crowd.process is not None
    fields = Path(f"/proc/{crowd.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / TICK


def test_a_check_every_quarter_of_an_hour(crowd: Crowd, tmp_path: Path) -> None:
    check = written("check", crowd, tmp_path)
    waited(check)  # the first to read a row notes on it that it is committed
    before = of_the_server(crowd)
    mine, memory = waited(check)
    others = of_the_server(crowd) - before
    assert check.value("compliant") == 1 and check.value("violations") is None
    print(f"\ncheck of {SERVICES} services: {mine:.2f} s of CPU, {memory / 1024:.0f} MB; {mine / EVERY:.2%} of one core, "
          f"{(mine + others) / EVERY:.2%} with the {others:.2f} s of the server's own sessions")
    assert mine <= EVERY * SHARE
    assert others <= 2 * EVERY * SHARE  # two hundred sessions, each of which reads its database's catalog anew
    assert memory <= MEMORY


def test_a_watch_each_half_minute(crowd: Crowd, tmp_path: Path) -> None:
    watch = written("watch", crowd, tmp_path)
    once, _memory = waited(watch, "--once")
    before = of_the_server(crowd)
    looks = 40
    mine, memory = waited(watch, "--every", "0.25", seconds=looks / 4)
    each, others = (mine - once) / (looks - 1), (of_the_server(crowd) - before) / looks
    print(f"\nwatch over {SERVICES} services: {each * 120:.1f} s of CPU an hour, {others * 120:.1f} s of the server's, "
          f"{memory / 1024:.0f} MB; {each / 30:.2%} of one core")
    assert each <= 30 * SHARE and others <= 30 * SHARE
    assert memory <= MEMORY
