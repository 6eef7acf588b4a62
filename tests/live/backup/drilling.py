"""A drill host in a folder: its program runs as an account without rights, for PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup import drill_config, drill_face
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.drill import METRICS, RECORD
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.drill_config import Config, Subject
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.drill_record import Drill, Record
from live.backup.restoring import SERVER, House
from live.postgres import ACCOUNT, new_folder, programs


datetime.strptime("2026", "%Y")  # what it needs is loaded now: the account may be unable to read Python's own files


class DrillHost:
    """`said` is what the program said last. `folder`: where it lies, if not in memory."""

    def __init__(self, house: House, folder: Path | None = None) -> None:
        self.house, self.folder, self.said = house, folder or new_folder(), ""
        (self.folder / "keys").mkdir(parents=True)
        self.key.write_text(house.secret)
        self.conf.write_text(f"[shelf]\ntype = alias\nremote = {house.folder}\n")
        subject = Subject(SERVER, "shop", "shop", "critical", "shelf:")
        self.config = Config(str(self.folder), str(programs()[1]), 1, 7, (subject,))

    @property
    def key(self) -> Path:
        """Its private key."""
        return self.folder / "keys" / "age.key"

    @property
    def conf(self) -> Path:
        """Where it finds backups."""
        return self.folder / "rclone.conf"

    def start(self, *words: str) -> int:
        """The program at work; its process."""
        path = self.folder / "drill.json"
        path.write_bytes(drill_config.to_json(self.config))
        if ACCOUNT is not None:
            subprocess.run(["chown", "-R", f"{ACCOUNT}:{ACCOUNT}", self.folder, self.house.folder], check=True)
        child = os.fork()
        if child:
            return child
        self._become(["--config", str(path), *words])
        return 0

    def _become(self, words: list[str]) -> None:
        status = 99
        try:
            log = os.open(self.folder / "said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
            os.dup2(log, 1)
            os.dup2(log, 2)
            if ACCOUNT is not None:
                os.setgroups([])
                os.setgid(ACCOUNT)
                os.setuid(ACCOUNT)
            os.environ["LD_LIBRARY_PATH"] = str(programs()[1].parent / "lib")
            sys.stdout = os.fdopen(1, "w", closefd=False)
            status = drill_face.main(words)
        finally:
            sys.stdout.flush()
            os._exit(status)

    def run(self, *words: str) -> int:
        """Its exit status."""
        status = os.waitstatus_to_exitcode(os.waitpid(self.start(*(words or ("run",))), 0)[1])
        self.said = (self.folder / "said").read_text()
        return status

    def all(self) -> Record:
        """What it remembers."""
        return Record.read(self.folder / RECORD)

    def record(self) -> Drill:
        """What it remembers of the one service."""
        return self.all().drills[SERVER, "shop"]

    def metric(self, name: str) -> float:
        """A value of its metrics."""
        for line in (self.folder / METRICS).read_text().splitlines():
            if line.startswith(f"good_neighbor_drill_{name}{{"):
                return float(line.rsplit(" ", 1)[1])
        raise KeyError(name)

    def left(self) -> list[str]:
        """What a drill must not leave behind: folders and processes."""
        shown = subprocess.run(["ps", "-eo", "args"], check=True, capture_output=True, text=True).stdout
        scratch = self.folder / "scratch"
        return [str(scratch)] * scratch.exists() + [line for line in shown.splitlines() if f"-D {scratch}" in line]

    def remove(self) -> None:
        """End it and delete it."""
        self.run("clean")
        shutil.rmtree(self.folder)
