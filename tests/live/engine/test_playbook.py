"""The modules through ansible-playbook: arguments, check mode, diff, and no secret in sight at the highest verbosity."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from live.engine.cases import rules
from live.engine.mess import plant_mess
from live.engine.neighborhood import Neighborhood
from live.postgres import ROOT

PLAYBOOK = Path(__file__).with_name("calls.yml")


PLANTED = "GN_TEST_PLANTS_A_SECRET"  # in the environment of the test that does, which may run beside


class Processes:
    """The words of all processes' command lines and environments, looked at again and again; `spared` is in those of whom
    nothing is to be seen."""

    def __init__(self, spared: str = PLANTED) -> None:
        self.seen: set[bytes] = set()
        self.spared = spared.encode()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look while the block runs."""
        end = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(end,))
        watcher.start()
        try:
            yield
        finally:
            end.set()
            watcher.join()

    def _watch(self, end: threading.Event) -> None:
        while not end.wait(0.01):
            for folder in Path("/proc").glob("[0-9]*"):
                try:
                    words = [(folder / name).read_bytes() for name in ("cmdline", "environ")]
                except OSError:  # it has ended, or is somebody else's
                    continue
                if self.spared not in words[1]:
                    self.seen.update(words)

    def hold(self, word: str) -> bool:
        """Whether a word was in one of them."""
        return any(word.encode() in line for line in self.seen)


def play(library: Neighborhood, folder: Path, processes: Processes, *options: str) -> tuple[str, dict[str, Any]]:
    """What ansible-playbook printed, and what the modules returned."""
    variables = folder / "variables.json"
    variables.touch(0o600)
    variables.write_text(
        json.dumps(
            {
                "good_neighbor_servers": library.raw["servers"],
                "good_neighbor_allocation": library.raw["allocation"],
                "socket": str(library.cluster.folder),
                "port": library.cluster.port,
                "results": str(folder / "results.json"),
                "undo_file": str(folder / "undo.sql"),
                "ansible_python_interpreter": sys.executable,
            }
        )
    )
    environment = {
        **os.environ,
        "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"),
        "ANSIBLE_REMOTE_TEMP": str(folder / "tmp"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOG_PATH": str(folder / "ansible.log"),
        "ANSIBLE_COLLECTIONS_PATH": os.environ.get("ANSIBLE_COLLECTIONS_PATH", str(ROOT / ".ansible/collections")),
    }
    with processes.watched():
        done = subprocess.run(
            [
                Path(sys.executable).with_name("ansible-playbook"),
                "-i",
                "localhost,",
                "-e",
                f"@{variables}",
                *options,
                PLAYBOOK,
            ],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    said = done.stdout + done.stderr + (folder / "ansible.log").read_text()
    variables.unlink()
    assert done.returncode == 0, said[-6000:]
    return said, json.loads((folder / "results.json").read_text())


def test_the_modules(library: Neighborhood, tmp_path: Path) -> None:
    plant_mess(library)
    library.raw["allocation"][0]["schema_files"] = []  # the playbook has none beside it
    secrets = {*library.secrets.values(), "fake-typed-by-somebody-3"} - {"fake-eyes-of-the-tests-7"}
    stored = {word for (word,) in library.sql("SELECT rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL")}
    processes, logged = Processes(), len(library.cluster.log)
    said, results = play(library, tmp_path, processes, "-vvvv", "--diff")
    log = library.cluster.log[logged:]
    assert rules(results["asked"]) == rules(results["audited"])
    assert (results["asked"]["compliant"], results["audited"]["changed"]) == (False, False)
    foretold, made, again = results["foretold"], results["made"], results["again"]
    for key in ("statements", "violations", "compliant", "changed", "diff", "databases"):
        assert foretold[key] == made[key], key
    assert made["changed"]
    assert "loans" in made["diff"]["before"]
    assert (again["changed"], again["statements"]) == (False, [])
    assert (tmp_path / "undo.sql").stat().st_mode & 0o777 == 0o600

    stored |= {word for (word,) in library.sql("SELECT rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL")}
    kept = (tmp_path / "results.json").read_text()
    for secret in secrets | stored:
        for form in (secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
            assert form not in said
            assert form not in kept
            assert form not in log
            assert not processes.hold(form)
    assert processes.hold("ansible-playbook")


def test_the_search_finds_what_is_planted(library: Neighborhood, tmp_path: Path) -> None:
    """The same search, for a secret that somebody gave away."""
    secret, processes = library.secrets["loans_owner"], Processes(spared="GN_TEST_SPARES_NOBODY")
    command = [
        Path(sys.executable).with_name("ansible"),
        "-i",
        "localhost,",
        "-c",
        "local",
        "localhost",
        "-m",
        "ansible.builtin.raw",
    ]
    with processes.watched():
        said = subprocess.run(
            [*command, "-a", f"sleep 0.2 # {secret}", "-vvv"],
            cwd=tmp_path,
            env={**os.environ, PLANTED: "1"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    assert processes.hold(secret)
    assert secret in said
    library.sql(f"ALTER ROLE loans_owner PASSWORD '{secret}'")
    assert secret in library.cluster.log
