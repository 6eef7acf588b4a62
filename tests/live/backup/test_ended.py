"""The program as a process: killed, started twice, called wrongly."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup import layout
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.errors import BackupError
from live.backup.house import House, sums

PACKAGE = "ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.face"


def command(house: House, *words: str) -> subprocess.Popen[str]:
    """The program, as a process of its own."""
    return subprocess.Popen([sys.executable, "-m", PACKAGE, "--config", house.written(), *words], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            env={**os.environ, "PYTHONPATH": ".ansible/collections"})


def begun(house: House) -> None:
    """Waits until a dump is under way."""
    end = time.monotonic() + 20
    while not any(house.path("nexus", name).joinpath("dump.age").exists() for name in house.backups("nexus")
                  if layout.is_partial(name)):
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_killed_in_the_middle(house: House, good: str, how: signal.Signals) -> None:
    there = sums(house)
    house.program("pg_dump", "sleep 1.5")
    process = command(house, "run", "nexus")
    begun(house)
    process.send_signal(how)
    process.communicate(timeout=20)
    assert process.returncode != 0
    assert house.metric("success", "nexus") == 0 and "has not come to its end" in house.attempts()["nexus"]["fault"]
    assert bool([name for name in house.backups("nexus") if layout.is_partial(name)]) == (how == signal.SIGKILL)
    assert {path: content for path, content in sums(house).items() if "partial" not in path} == there
    house.program("pg_dump")
    assert house.run("nexus"), house.said
    assert len(house.backups("nexus")) == 2 and not any(map(layout.is_partial, house.backups("nexus")))


def test_two_at_once(house: House, good: str) -> None:
    with open(house.state / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = (house.state / "history.json").read_text()
        with pytest.raises(BackupError, match="another run"):
            house.run()
        second = command(house, "run")
        said, _none = second.communicate(timeout=20)
        assert second.returncode == 75 and "another run" in said
        assert (house.state / "history.json").read_text() == before
    assert house.run()


def test_a_stranger_is_told_the_names(house: House) -> None:
    process = command(house, "run", "nexsu")
    said, _none = process.communicate(timeout=20)
    assert process.returncode == 1 and "bob/gpt, nexus" in said


def test_a_name_moves_no_cursor(house: House) -> None:
    house.program("pg_dump", "printf 'a\\033[2Jb' >&2; exit 1")
    said, _none = command(house, "run", "nexus").communicate(timeout=20)
    assert "a?[2Jb" in said
    said, _none = command(house, "list").communicate(timeout=20)
    assert "a?[2Jb" in said
