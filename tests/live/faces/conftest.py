"""A throw-away PostgreSQL, and the sandbox's playbooks aimed at it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from live.embedded import Server, remove, started

CHECKOUT = Path(__file__).resolve().parents[3]
SECRETS = {f"vault_{role}": f"fake-{number}-Hb7qWz2mKx9vTn4c" for number, role in enumerate(
    ("voice_ninja_user", "voice_ninja_analytics", "nexus_user", "world_user", "auth_user"))}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the tests of a worker; each login needs its password, nobody is kept out."""
    folder = tmp_path_factory.mktemp("faces") / "server"
    try:
        yield started(folder)
    finally:
        remove(folder)


@dataclass
class Played:
    """What a play said and did."""

    status: int
    output: str

    def recap(self, host: str = "voice-ninja.com") -> dict[str, int]:
        """The counts of a host in the recap."""
        found = re.findall(rf"^{re.escape(host)} +: (.*)$", self.output, re.MULTILINE)
        return {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", found[-1])}


def play(playbook: str | Path, *arguments: str, **variables: object) -> Played:
    """Runs a playbook with the sandbox's inventory and these variables."""
    command = [Path(sys.executable).with_name("ansible-playbook"), "-i", "inventories/sandbox", playbook, *arguments]
    if variables:
        command += ["-e", json.dumps(variables)]
    environment = {name: value for name, value in os.environ.items() if name != "ANSIBLE_CONFIG"}
    done = subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          env={**environment, "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1"})
    return Played(done.returncode, done.stdout)
