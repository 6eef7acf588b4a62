"""An inn: a server with two services, its doors as somebody left them, and the module aimed at it."""

from __future__ import annotations

import getpass
import json
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import hba
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.types import (
    Allocation,
    Matrix,
    Reader,
    ServerSpec,
    SystemRole,
)
from live.postgres import ACCOUNT, Cluster, make_data, new_folder

WORKER = Path(__file__).with_name("worker.py")
PASSWORD = "fake-door-of-the-tests-7"
ME = getpass.getuser() if ACCOUNT is None else pwd.getpwuid(ACCOUNT).pw_name  # whom the module runs as
OPERATOR = "local all postgres peer map=admin"
IDENT = tuple(dict.fromkeys((f"admin {getpass.getuser()} postgres", f"admin {ME} postgres")))
SERVER = "inn.example"


def matrix(*hba_lines: str, address: str = "local") -> Matrix:
    """Two services, of which one has a reader; roles that watch and that replicate."""
    spec = ServerSpec(SERVER, hba=(OPERATOR, *hba_lines), ident=IDENT, system_roles=(
        SystemRole("watcher", use="monitoring", client_addresses=("local",)),
        SystemRole("replica", use="replication", client_addresses=("127.0.0.1/32",))))
    rows = [Allocation(service=name, title=name, server=SERVER, database=name, owner=f"{name}_owner", purpose="x",
                       status="active", password=PASSWORD, connection_limit=2, client_addresses=(address, "127.0.0.1/32"))
            for name in ("kitchen", "gallery")]
    rows[0] = Allocation(**{**vars(rows[0]), "readers": (Reader("cook", 1, PASSWORD, ("127.0.0.1/32",)),)})
    return Matrix((spec,), tuple(rows))


def wanted(*hba_lines: str, **changes: str) -> dict[str, str]:
    """Both texts."""
    whole = matrix(*hba_lines, **changes)
    return {"hba": hba.text(whole, SERVER), "ident": hba.ident_text(whole, SERVER)}


@dataclass
class Inn:
    """The server, and what the module does to it."""

    cluster: Cluster
    temporary: Path
    moments: list[str] = field(default_factory=list)  # of the last run

    @property
    def hba_file(self) -> Path:
        return self.cluster.data / "pg_hba.conf"

    @property
    def ident_file(self) -> Path:
        return self.cluster.data / "pg_ident.conf"

    def run(self, *, kill_at: tuple[str, int] | None = None, limit: int | None = None, check: bool = False,
            **options: Any) -> dict[str, Any]:
        """The module's result; empty if it was killed."""
        arguments = {"login_unix_socket": str(self.cluster.folder), "login_port": self.cluster.port, **wanted(),
                     "mode": "manage", "_ansible_check_mode": check, "_ansible_diff": True, **options}
        given = {"arguments": arguments, "account": ACCOUNT, "kill_at": kill_at, "limit": limit}
        environment = {**{name: value for name, value in os.environ.items() if not name.startswith("PG")},
                       "TMPDIR": str(self.temporary)}
        done = subprocess.run([sys.executable, WORKER], input=json.dumps(given) + "\n", capture_output=True, text=True,
                              check=False, env={**environment, "PYTHONPATH": os.pathsep.join(sys.path)})
        said = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        self.moments = next((one["moments"] for one in said if "moments" in one), [])
        if done.returncode == -9:
            return {}
        found = [one for one in said if "moments" not in one]
        assert found, done.stdout + done.stderr
        return dict(found[0])

    def left(self) -> list[str]:
        """What a run left where nothing should be: scratch servers, files beside."""
        return [str(path) for path in (*self.temporary.iterdir(), *self.cluster.data.glob(".good_neighbor*"))]

    def rules(self) -> list[tuple[Any, ...]]:
        """What the server reads now: line, type, method, error."""
        with closing(self.cluster.admin()) as session, session.cursor() as cursor:
            cursor.execute("SELECT line_number, type, auth_method, error FROM pg_hba_file_rules")
            return list(cursor.fetchall())


@pytest.fixture(scope="session")
def server() -> Iterator[Cluster]:
    """One server for all tests of a worker, with both services' roles and databases."""
    cluster = Cluster(new_folder())
    try:
        make_data(cluster.data)
        cluster.access([OPERATOR], IDENT)
        cluster.start()
        with closing(cluster.admin()) as session, session.cursor() as cursor:
            for role in ("kitchen_owner", "gallery_owner", "cook", "watcher"):
                cursor.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
            cursor.execute(f"CREATE ROLE replica LOGIN REPLICATION PASSWORD '{PASSWORD}'")
            for database in ("kitchen", "gallery"):
                cursor.execute(f"CREATE DATABASE {database} OWNER {database}_owner")
            cursor.execute(f"CREATE ROLE kitchen LOGIN PASSWORD '{PASSWORD}'")
            cursor.execute("CREATE ROLE gallery; CREATE ROLE staff; CREATE ROLE crew; GRANT gallery TO cook; "
                           "GRANT staff TO crew; GRANT crew TO gallery_owner")
        yield cluster
    finally:
        cluster.remove()


@pytest.fixture
def inn(server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inn]:
    """The server with one door for the operator and one for everybody; a folder for what is temporary."""
    temporary = new_folder()
    server.access([OPERATOR, "host all all 127.0.0.1/32 scram-sha-256"], IDENT)
    yield Inn(server, temporary)
    shutil.rmtree(temporary)
