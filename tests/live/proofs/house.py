"""The sandbox's server without its folder: the matrix of inventories/ on a cluster of its own, at first made by hand.

pg_hba.conf is what the matrix says, with one more line: a stranger may knock at every door. A major without pgvector keeps
voice_ninja's embeddings in arrays.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg2
import yaml
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import hba
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.overrides import overridden
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.parse import parse
from ansible_collections.bbworlds.good_neighbor.plugins.plugin_utils.arguments import prepared
from live.postgres import ROOT, Cluster, make_data, new_folder, programs

SERVER = "voice-ninja.com"
SUPERUSER = "fake-superuser-R4nQ@x/7%kd:Zt"
STRANGER = ("passerby", "fake-passerby-nobody-knows-me")
BY_HAND = ("fake-typed-by-hand-1", "fake-typed-by-hand-2")  # what tools/handmade types: the role's, and Bob GPT's settings
# with what URLs, shells and JSON write otherwise
SECRETS = {
    f"vault_{role}": f'fake-{number}-Hb7q@Wz/2%mK:x"9v&Tn4'
    for number, role in enumerate(("voice_ninja_user", "voice_ninja_analytics", "nexus_user", "world_user", "auth_user"))
}
POLICY = {"max_connections": "150", "superuser_reserved_connections": "20"}
POLICY_16 = {"max_connections": "150", "superuser_reserved_connections": "3", "reserved_connections": "17"}
HANGS = 1200  # seconds: nothing takes as long, on the busiest machine neither
ENFORCE = ("safe", "disruptive")
ONCE = "CREATE TABLE IF NOT EXISTS applied (times int);\nINSERT INTO applied VALUES (1);\n"  # tells if it runs twice


@cache
def has_vectors() -> bool:
    """Whether the server under test has pgvector."""
    share = subprocess.run([programs()[1] / "pg_config", "--sharedir"], check=True, capture_output=True, text=True)
    return (Path(share.stdout.strip()) / "extension" / "vector.control").exists()


class House(Cluster):
    """The cluster. The superuser needs its password, like everybody."""

    @property
    def settings_folder(self) -> Path:
        """Where the services' settings files are."""
        return self.folder / "settings"

    def start(self) -> None:
        """With the policy's connections."""
        self.settings |= self.connections()
        super().start()

    def quiet(self) -> None:
        """Starts it anew so that it writes nothing on its own: no notes for standbys (each 15 seconds), no checkpoint."""
        self.restart(wal_level="minimal", max_wal_senders="0", checkpoint_timeout="1h")

    def connections(self) -> dict[str, str]:
        """The settings of the server that say how many there may be, and who keeps some."""
        return dict(POLICY_16 if programs()[0] >= 16 else POLICY)

    def admin(self, database: str = "postgres", **more: Any) -> Any:
        """A superuser's session."""
        return super().admin(database, password=SUPERUSER, **more)

    def rows(self, query: str, database: str = "postgres", values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """What a statement of the superuser returns."""
        with closing(self.admin(database)) as session, session.cursor() as cursor:
            cursor.execute(query, values or None)
            return list(cursor.fetchall()) if cursor.description else []

    def enter(self, role: str, password: str, database: str) -> Any:
        """A session as a service opens it, on the socket, each statement its own transaction."""
        session = psycopg2.connect(host=str(self.folder), port=self.port, user=role, password=password, dbname=database)
        session.autocommit = True
        return session

    # ---- the matrix

    def servers(self) -> dict[str, Any]:
        """`good_neighbor_servers` of the sandbox, for this cluster."""
        changes = {
            "mode": "enforce",
            "client_host": str(self.folder),
            "port": self.port,
            "hba": ["local all postgres scram-sha-256", f"local all {STRANGER[0]} scram-sha-256"],
        }
        found = dict(_shared()["good_neighbor_servers"])
        stranger = {"role": STRANGER[0], "purpose": "may enter nothing, and tries", "attributes": ["LOGIN"]}
        found[SERVER] = {**found[SERVER], **changes, "system_roles": [*found[SERVER]["system_roles"], stranger]}
        return found

    def overrides(self, *more_files: str) -> dict[str, Any]:
        """`good_neighbor_overrides` of the sandbox. `more_files`: schema files of the two databases that are made."""
        found = yaml.safe_load(
            (ROOT / "inventories/sandbox/group_vars/all/main.yml")
            .read_text()
            .replace("{{ good_neighbor_sandbox }}", str(self.folder))
        )["good_neighbor_overrides"]
        if not has_vectors():
            found["bob_gpt"] |= {"extensions": [], "schema_files": ["schemas/voice_ninja/001_initial_without_vectors.sql"]}
        for row in _shared()["good_neighbor_allocation"]:
            if row["service"] in ("nexus", "bbworlds_api") and more_files:
                found[row["service"]] |= {
                    "schema_files": [*row["schema_files"], *more_files],
                    "tables": [*row["tables"], "applied"],
                }
        return dict(found)

    def allocation(self, *more_files: str) -> list[dict[str, Any]]:
        """`good_neighbor_allocation` of the sandbox, its secrets put in."""
        rows = json.dumps(overridden(_shared()["good_neighbor_allocation"], self.overrides(*more_files)))
        return list(json.loads(re.sub(r'"\{\{ (vault_\w+) \}\}"', lambda found: json.dumps(SECRETS[found[1]]), rows)))

    def access(self, lines: Any = None, ident: Any = ()) -> None:
        """pg_hba.conf as the matrix has it."""
        super().access(lines or hba.lines(parse(self.servers(), self.allocation()), SERVER), ident)

    # ---- runs

    def arguments(self, *more_files: str, **options: Any) -> dict[str, Any]:
        """The module's arguments as the action plugin sends them."""
        given = {
            "servers": self.servers(),
            "server": SERVER,
            "allocation": self.allocation(*more_files),
            "mode": "enforce",
            "remedies": list(ENFORCE),
            "baseline": ["bob_gpt"],
            **self.login_options(),
            **options,
        }
        return prepared(given, ROOT / "playbooks")

    def login_options(self) -> dict[str, Any]:
        """How the modules connect."""
        return {
            "login_unix_socket": str(self.folder),
            "login_port": self.port,
            "login_user": "postgres",
            "login_password": SUPERUSER,
            "login_db": "postgres",
        }

    def variables(self, *more_files: str) -> Path:
        """A file with what aims the sandbox's inventory at this cluster."""
        path = self.folder / "variables.json"
        path.touch(0o600)
        path.write_text(
            json.dumps(
                {
                    **SECRETS,
                    "good_neighbor_sandbox": str(self.folder),
                    "good_neighbor_secrets_file": f"{self.folder}/secrets.yml",
                    "good_neighbor_login": self.login_options(),
                    "good_neighbor_overrides": self.overrides(*more_files),
                    "good_neighbor_servers": self.servers(),
                    "good_neighbor_server_overrides": {},
                }
            )
        )
        return path


@cache
def _shared() -> dict[str, Any]:
    """The matrix that the inventories share."""
    return dict(yaml.safe_load((ROOT / "inventories" / "allocation.yml").read_text()))


def type_by_hand(house: House) -> None:
    """What somebody typed: tools/handmade, on this cluster."""
    typed = (ROOT / "tools" / "handmade.sql").read_text()
    if not has_vectors():
        typed = typed.replace("CREATE EXTENSION vector;", "").replace("vector(384)", "real[]").replace("::vector", "")
    house.rows("CREATE DATABASE voice_ninja")
    house.rows(f"CREATE USER voice_ninja_user WITH PASSWORD '{BY_HAND[0]}'")
    house.rows("CREATE ROLE {} LOGIN PASSWORD '{}'".format(*STRANGER))
    house.rows(typed, "voice_ninja")


def make_by_hand(data: Path) -> None:
    """Makes the cluster as somebody typed it, ended in good order, in `data`."""
    with temporary_house() as house:
        make_data(house.data)
        super(House, house).access(["local all postgres trust"], ())
        house.start()
        house.rows(f"ALTER ROLE postgres PASSWORD '{SUPERUSER}'")
        type_by_hand(house)
        house.access()
        house.stop(signal.SIGINT)
        (house.data / "postmaster.opts").unlink()
        shutil.move(house.data, data)


@contextmanager
def temporary_house() -> Iterator[House]:
    """A cluster that is removed in the end."""
    house = House(new_folder())
    try:
        yield house
    finally:
        house.remove()


def checksums(house: House, database: str = "voice_ninja") -> dict[str, tuple[int, str]]:
    """Number and checksum of the rows of each table of schema public."""
    queries = house.rows(
        """
        SELECT relname, format('SELECT count(*), md5(string_agg(t::text, ''|'' ORDER BY t::text)) FROM public.%I t', relname)
        FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'""",
        database,
    )
    return {table: house.rows(query, database)[0] for table, query in queries}


def environment() -> Mapping[str, str]:
    """Of processes that run the collection's code."""
    collections = ROOT / ".ansible" / "collections"
    return {"PYTHONPATH": str(collections), "PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8"}


def start_module(arguments: Mapping[str, Any], **more: Any) -> subprocess.Popen[str]:
    """A process that runs the module allocation, just about to begin its work."""
    process = subprocess.Popen(
        [sys.executable, "-u", Path(__file__).with_name("module_process.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        **more,
    )
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(json.dumps(dict(arguments)) + "\n")
    process.stdin.flush()
    assert process.stdout.readline() == "ready\n", process.stderr.read() if process.stderr else ""
    return process


def ended(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What a process said, once it has ended; one that hangs is ended."""
    try:
        return process.communicate(timeout=HANGS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise


def result_of(process: subprocess.Popen[str]) -> dict[str, Any] | None:
    """What the module returned; None where it was killed."""
    out, err = ended(process)
    if process.returncode == -signal.SIGKILL:
        return None
    found: dict[str, Any] = json.loads(out) if out else {"msg": err}
    assert process.returncode == 0, found["msg"]
    return found


def run_module(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What the module allocation returns."""
    found = result_of(start_module(arguments))
    assert found is not None
    return found
