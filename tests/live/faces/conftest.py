"""A throw-away PostgreSQL, and the sandbox's playbooks aimed at it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
EMBEDDED = CHECKOUT / "tools" / "embedded"
# fsync: these servers are thrown away. The log is searched for secrets, so it gets all there is
QUICK = "-c fsync=off -c autovacuum=off -c log_statement=all"
SECRETS = {f"vault_{role}": f"fake-{number}-Hb7qWz2mKx9vTn4c" for number, role in enumerate(
    ("voice_ninja_user", "voice_ninja_analytics", "nexus_user", "world_user", "auth_user"))}


@dataclass
class Server:
    """A running server in a folder."""

    folder: Path
    host: str
    password: str = field(repr=False)

    def connect(self, database: str = "postgres", user: str = "postgres", password: str | None = None) -> Any:
        """A session in autocommit."""
        connection = psycopg2.connect(host=self.host, dbname=database, user=user, password=password or self.password)
        connection.autocommit = True
        return connection

    def rows(self, query: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """What a query of the superuser returns."""
        connection = self.connect(database)
        try:
            cursor = connection.cursor()
            cursor.execute(query)
            return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    @property
    def log(self) -> str:
        """What the server has logged so far."""
        return (self.folder / "data" / "server.log").read_text(errors="replace")


def started(folder: Path, hba: list[str] | None = None, **environment: str) -> Server:
    """Starts the server in `folder`, with these lines of pg_hba.conf."""
    command: list[str | Path] = [EMBEDDED, "start", folder]
    if hba is not None:
        folder.mkdir(exist_ok=True)
        (folder / "pg_hba.conf").write_text("\n".join(hba) + "\n", encoding="utf-8")
        command.append(folder / "pg_hba.conf")
    subprocess.run(command, check=True, env={**os.environ, "GN_PG_OPTIONS": QUICK, **environment})
    return Server(folder, (folder / "socket").read_text().strip(), (folder / "superuser.password").read_text().strip())


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the tests of a worker; each login needs its password, nobody is kept out."""
    folder = tmp_path_factory.mktemp("faces") / "server"
    try:
        yield started(folder)
    finally:
        subprocess.run([EMBEDDED, "remove", folder], check=True)


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
