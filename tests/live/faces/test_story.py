"""The demo's story with the sandbox's own playbooks: made by hand, audited, foretold, made compliant, taken back."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
from live.embedded import Server, remove, started

from .conftest import CHECKOUT, SECRETS, Played, play

ROWS = """SELECT format('SELECT %L, count(*), md5(string_agg(t::text, ''|'' ORDER BY t::text)) FROM public.%I t', relname,
          relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname"""
DOORS = ("voice_ninja", "bbworlds_nexus", "bbworlds_world", "postgres", "template1")

Play = Callable[..., Played]


def rows(server: Server) -> list[tuple[object, ...]]:
    """Name, number of rows and checksum of voice_ninja's tables."""
    return [server.rows(query, "voice_ninja")[0] for (query,) in server.rows(ROWS, "voice_ninja")]


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The server as it was made by hand. It is the embedded one, whatever the other tests run on: it has pgvector."""
    monkeypatch.delenv("GN_PG_BINDIR", raising=False)
    folder = tmp_path / "sandbox"
    folder.mkdir()
    (folder / "secrets.yml").write_text(json.dumps(SECRETS))
    assert play("tools/sandbox.yml", **variables(folder)).status == 0
    try:
        server = started(folder, (folder / "pg_hba.conf").read_text().splitlines())
        subprocess.run([CHECKOUT / "tools" / "handmade", folder], check=True)
        yield server
    finally:
        remove(folder)


def variables(folder: Path) -> dict[str, str]:
    """What aims the sandbox's inventory at `folder`."""
    return {"good_neighbor_sandbox": str(folder), "good_neighbor_secrets_file": f"{folder}/secrets.yml"}


def test_the_whole_story(sandbox: Server) -> None:
    said: list[str] = []

    def run(name: str, *arguments: str, **more: object) -> Played:
        secrets = f"@{sandbox.folder}/secrets.yml"
        played = play(f"bbworlds.good_neighbor.{name}", "-e", secrets, *arguments, **variables(sandbox.folder), **more)
        said.append(played.output)
        return played

    before = rows(sandbox)
    assert len(before) == 9

    audited = run("audit", good_neighbor_audit_json=f"{sandbox.folder}/audit.json")
    assert audited.status == 2
    assert "voice-ninja.com: NOT COMPLIANT" in audited.output
    assert "CRITICAL  database-public-connect" in audited.output
    assert "bbworlds_nexus  active    needs_creation" in audited.output
    kept = json.loads((sandbox.folder / "audit.json").read_text())["voice-ninja.com"]
    assert (kept["compliant"], kept["last_audit"]) == (False, None)
    assert {row["new"] for row in kept["violations"]} == {True}
    assert {"owner-database", "owner-object", "limit-role", "secret-drift"} <= {row["rule"] for row in kept["violations"]}

    foretold = run("site", "--check", "--diff")
    assert foretold.status == 0
    assert 'CREATE DATABASE "bbworlds_nexus"' in foretold.output
    assert sandbox.rows("SELECT count(*) FROM pg_database WHERE datname = 'bbworlds_nexus'") == [(0,)]

    undo_file = f"{sandbox.folder}/undo.sql"
    made = run("site", "--diff", "-vvvv", service_databases_undo_file=undo_file)
    assert made.status == 0, made.output[-3000:]
    assert "voice-ninja.com: compliant" in made.output
    assert made.recap()["changed"] == 2  # the server and the settings files

    again = run("site", "--diff", "-vvvv", service_databases_undo_file=undo_file)
    assert (again.status, again.recap()["changed"]) == (0, 0)
    assert "voice-ninja.com: nothing to change" in again.output
    sandbox.rows("GRANT CONNECT ON DATABASE bbworlds_nexus TO PUBLIC")
    drifted = run("audit")
    assert drifted.status == 2
    since = rf"Since the audit of [-0-9 :+]+: 1 new, {len(kept['violations'])} ended"
    assert re.search(since, drifted.output), drifted.output
    assert drifted.output.index("NEW SINCE THEN") < drifted.output.index("CRITICAL  database-public-connect")
    assert "    ansible-playbook -i inventories/sandbox " in drifted.output
    assert [path.stat().st_mode & 0o777 for path in (sandbox.folder / "audits").iterdir()] == [0o600]
    assert run("site").status == 0
    assert run("audit").status == 0
    assert rows(sandbox) == before

    each_enters_its_own_database(sandbox)

    assert run("health", good_neighbor_health_json=f"{sandbox.folder}/health.json").status == 0
    health = json.loads((sandbox.folder / "health.json").read_text())["voice-ninja.com"]
    assert {row["database"] for row in health["databases"]} >= {"voice_ninja", "bbworlds_nexus", "bbworlds_world"}

    reported = run("report")
    assert (reported.status, reported.recap()["changed"]) == (0, 1), reported.output[-3000:]
    assert f"The report: {sandbox.folder}/report.html" in reported.output
    for ending in ("html", "md"):
        page = sandbox.folder / f"report.{ending}"
        assert page.stat().st_mode & 0o777 == 0o600
        said.append(page.read_text())
        assert "3 of 3" in said[-1]

    assert run("undo", "--check", good_neighbor_undo_file=undo_file).recap()["changed"] == 1
    taken_back = run("undo", "-vvvv", good_neighbor_undo_file=undo_file)
    assert taken_back.status == 0, taken_back.output[-3000:]
    assert sandbox.rows("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'voice_ninja'") == [("postgres",)]
    sandbox.connect("voice_ninja", "voice_ninja_user", "fake-typed-by-hand-1").close()
    assert rows(sandbox) == before
    assert run("site").status == 0
    assert rows(sandbox) == before

    assert told([*said, sandbox.log]) == []
    assert told([*said, f"planted: {SECRETS['vault_nexus_user']}"]) == [SECRETS["vault_nexus_user"]]


def each_enters_its_own_database(sandbox: Server) -> None:
    """With its settings file alone, and no other."""
    settings = sandbox.folder / "settings"
    for file, database in (("bob-gpt/database.py", "voice_ninja"), ("nexus/database.env", "bbworlds_nexus"),
                           ("bbworlds-api/database.env", "bbworlds_world")):
        path = settings / file
        assert path.stat().st_mode & 0o777 == 0o640
        found = sum(secret in path.read_text() for secret in SECRETS.values())
        assert found == 1, f"{file} holds {found} secrets"
        assert connected(path) == database
    user, password = "nexus_user", SECRETS["vault_nexus_user"]
    for door in set(DOORS) - {"bbworlds_nexus"}:
        with pytest.raises(psycopg2.OperationalError):
            sandbox.connect(door, user, password)


def connected(settings: Path) -> str:
    """The database that psql reaches with nothing but a settings file."""
    done = subprocess.run([CHECKOUT / "tools" / "connect", settings, "-Atc", "SELECT current_database()"], check=True,
                          capture_output=True, text=True)
    return done.stdout.strip()


def told(texts: list[str]) -> list[str]:
    """The secrets and verifiers that stand in any of these texts."""
    return [secret for secret in [*SECRETS.values(), "SCRAM-SHA-256$"] if any(secret in text for text in texts)]
