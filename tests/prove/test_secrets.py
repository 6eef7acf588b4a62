"""Every secret is searched for in all that a run shows and leaves; a planted one is found in each of these places."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from live.proofs import plays
from live.proofs.house import BY_HAND, SECRETS, SUPERUSER, House
from prove.evidence import Collection, collecting, found, verifiers

USED = {name: secret for name, secret in SECRETS.items() if name != "vault_auth_user"}  # that row is only planned
NAMED = {**SECRETS, "superuser": SUPERUSER, "by hand, the role's": BY_HAND[0], "by hand, in a file": BY_HAND[1]}
ARGUMENTS = ("--diff", "-vvvv")
PLANTED = {"planted": 'fake-planted-K2v%8"Qz:wX/4m'}


@pytest.fixture
def talkative(house: House) -> House:
    """The server made by hand, with its settings file; it logs every statement, and how long it took."""
    del house.settings["log_statement"]  # what the command line says wins
    house.restart()
    for setting in ("log_statement = 'all'", "log_min_duration_statement = 0", "log_parameter_max_length_on_error = -1"):
        house.rows(f"ALTER SYSTEM SET {setting}")
    house.rows("SELECT pg_reload_conf()")
    file = house.settings_folder / "bob-gpt" / "database.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'DATABASE = {{"user": "voice_ninja_user", "password": "{BY_HAND[1]}"}}\n')
    file.chmod(0o644)
    return house


def test_no_secret_is_told(talkative: House) -> None:
    undo = Path(tempfile.mkdtemp()) / "undo.sql"
    undo.parent.chmod(0o755)  # others may see that it is there
    with collecting(talkative) as collection:
        stored = verifiers(talkative, "before")
        variables = (*ARGUMENTS, "-e", f"service_databases_undo_file={undo}")
        foretold = plays.site(talkative, "--check", *ARGUMENTS, **collection.environment)
        made = plays.site(talkative, *variables, **collection.environment)
        again = plays.site(talkative, *variables, **collection.environment)
        stored |= verifiers(talkative, "after")
    undo_mode, undo_text = undo.stat().st_mode & 0o777, undo.read_text()
    undo.unlink()
    undo.parent.rmdir()
    assert [(play.status, play.changed) for play in (foretold, made, again)] == [(0, 2), (0, 2), (0, 0)], made.output[-2000:]
    evidence = collection.evidence | {
        "output": [foretold.output, made.output, again.output],
        "results": [str(play.results) for play in (foretold, made, again)],
    }
    assert_rich(evidence)
    assert found(evidence, {**NAMED, **stored}) == set()
    assert not any("SCRAM-SHA-256$4096:" in text for texts in evidence.values() for text in texts)  # a one-time verifier
    assert undo_mode == 0o600 and stored["voice_ninja_user 0 before"] in undo_text  # the way back needs it
    assert len(stored) >= 4 * (len(USED) + 2)
    settings = {path.name: path.read_text() for path in talkative.settings_folder.glob("*/*")}
    assert ("settings", "vault_nexus_user") in found({"settings": list(settings.values())}, NAMED)


def assert_rich(evidence: dict[str, list[str]]) -> None:
    """There was something to find a secret in."""
    for channel, telling in (
        ("output", "CREATE DATABASE"),
        ("output", "ESTABLISH LOCAL CONNECTION"),
        ("results", "violations"),
        ("server log", "CREATE TABLE"),
        ("server log", "duration: "),
        ("arguments", "ansible-playbook"),
        ("arguments", "AnsiballZ_allocation.py"),
        ("environment", "GN_SYSLOG"),
        ("started", "AnsiballZ_allocation.py"),
        ("started", "AnsiballZ_settings_files.py"),
        ("to the system log", "Invoked with"),
    ):
        assert any(telling in text for text in evidence[channel]), (channel, telling)
    print({channel: f"{len(texts)} texts, {sum(map(len, texts))} characters" for channel, texts in evidence.items()})


def test_a_planted_secret_is_found_everywhere(talkative: House) -> None:
    (secret,) = PLANTED.values()
    with collecting(talkative) as collection:
        talkative.rows(f"SELECT $${secret}$$")
        plant(collection, secret)
    collection.evidence["output"] = [f"said {secret}"]
    assert found(collection.evidence, PLANTED) == {
        (channel, "planted")
        for channel in ("output", "server log", "arguments", "environment", "files", "started", "to the system log")
    }
    assert found(collection.evidence, NAMED) == set()


def plant(collection: Collection, secret: str) -> None:
    """Lets it out in every way. What is for a moment only lasts until the spy has looked."""
    waits = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(secret)
        file.flush()
        os.chmod(file.name, 0o644)
        running = [subprocess.Popen([*waits, secret], stdin=subprocess.PIPE),
                   subprocess.Popen(waits, stdin=subprocess.PIPE, env={"PASSWORD": secret})]
        collection.look()
        for process in running:
            process.communicate(timeout=60)
    says = """
import subprocess, sys, syslog
secret = sys.stdin.read()
syslog.syslog(syslog.LOG_INFO, secret)
subprocess.run(["/bin/true", secret], check=True)
"""
    subprocess.run(
        [sys.executable, "-c", says], input=secret, text=True, check=True, env={**os.environ, **collection.environment}
    )
