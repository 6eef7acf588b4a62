"""The programs `check` and `watch` as a host has them: one file, a configuration without secrets, a folder of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.secrets import without_secrets
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.monitoring import config, planning
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.report import textfile
from ansible_collections.bbworlds.good_neighbor.plugins.plugin_utils import program_file

LIMIT = 120  # seconds: a program that hangs fails
# killed in the moment in which the new file would be put in its place
DIES = """
import os, pathlib, runpy, sys
pathlib.Path.rename = lambda *_: os.kill(os.getpid(), 9)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name='__main__')
"""


@dataclass
class Program:
    """One of the two. `environment`: what it is given besides."""

    name: str
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def write(self, servers: Mapping[str, Any], rows: list[dict[str, Any]], server: str, socket: str, role: str, port: int,
              sources: Any = ()) -> None:
        """The program and its configuration."""
        servers = {name: {**spec, "port": port} for name, spec in servers.items()}
        place = {"directory": str(self.folder), "socket": socket, "role": role}
        known = (planning.for_check(servers, [without_secrets(row) for row in rows], server, place, (), sources)
                 if self.name == "check" else planning.for_watch(servers, rows, server, place))
        self.configuration.write_text(config.to_json(known))
        self.path.write_bytes(program_file.build(f"monitoring.{self.name}_face"))

    @property
    def configuration(self) -> Path:
        """Its configuration file."""
        return self.folder / f"{self.name}.json"

    @property
    def path(self) -> Path:
        """The program."""
        return self.folder / f"{self.name}.pyz"

    @property
    def metrics(self) -> Path:
        """What it leaves."""
        return self.folder / "public" / f"good_neighbor_{self.name}.prom"

    def start(self, *words: str, dying: bool = False) -> subprocess.Popen[str]:
        """Starts it; a dying one is killed in the middle of its first write."""
        command = [sys.executable, *(["-c", DIES] if dying else []), str(self.path), "--config", str(self.configuration)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return subprocess.Popen([*command, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/",
                                env={**environment, **self.environment})

    def run(self, *words: str, dying: bool = False) -> tuple[int, str]:
        """Its exit status, and what it said."""
        with self.start(*words, dying=dying) as process:
            said = process.communicate(timeout=LIMIT)[0]
        return process.returncode, said

    def samples(self) -> list[dict[str, Any]]:
        """The metrics, as the node exporter would read them."""
        return list(textfile.samples(self.metrics.read_text()))

    def value(self, name: str, **labels: str) -> float | None:
        """The sum of a metric's values with these labels; None where there is none."""
        found = [row["value"] for row in self.samples()
                 if row["name"] == f"good_neighbor_{name}" and labels.items() <= row["labels"].items()]
        return sum(found) if found else None

    def secrets(self, *planted: str) -> list[str]:
        """Those of these words that lie in any file of its folder."""
        files = [path.read_bytes() for path in self.folder.rglob("*") if path.is_file()]
        return [word for word in planted for text in files
                if word.encode() in text or json.dumps(word)[1:-1].encode() in text]
