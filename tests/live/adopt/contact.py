"""An operator who meets the server that somebody made by hand, with the commands of docs/first-contact.md."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import yaml
from live.postgres import ROOT
from live.proofs.house import BY_HAND, SERVER, STRANGER, SUPERUSER, House

HOSTS = """
good_neighbor:
  hosts:
    {server}: {{ansible_connection: local, ansible_python_interpreter: {python}}}
  vars:
    good_neighbor_login: {login}
    good_neighbor_secrets_file: {secrets}
    good_neighbor_audit_memory: {memory}
all:
  vars:
    good_neighbor_secrets_file: {secrets}
"""
KNOWN = {"vault_voice_ninja_user": BY_HAND[0]}  # the password that the service uses now


class Contact:
    """An operator with an inventory of nothing but hosts."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house, self.folder = house, folder
        secrets = folder / "group_vars" / "all" / "secrets.yml"
        secrets.parent.mkdir(parents=True)
        login = json.dumps(house.login_options())
        (folder / "hosts.yml").write_text(
            HOSTS.format(server=SERVER, python=sys.executable, login=login, secrets=secrets, memory=folder.parent / "audits")
        )
        secrets.write_text(json.dumps(KNOWN))
        self.draft = folder / "group_vars" / "draft.yml"
        self.undo = house.folder / "undo.sql"
        self.said: list[str] = []

    def play(self, name: str, *arguments: str, status: int = 0) -> str:
        """A playbook, called as the manual says; what it printed. The service works before and after it."""
        command = [Path(sys.executable).with_name("ansible-playbook"), "-i", self.folder, f"bbworlds.good_neighbor.{name}"]
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "PG"))}
        done = subprocess.run(
            [*command, *arguments],
            cwd=ROOT,
            env={**clean, "ANSIBLE_NOCOLOR": "1"},
            text=True,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            timeout=300,
        )
        self.said.append(done.stdout)
        assert done.returncode == status, done.stdout[-4000:]
        self.serves()
        return done.stdout

    def serves(self) -> None:
        """The service logs in with the password that somebody typed, reads, writes."""
        with closing(self.house.enter("voice_ninja_user", BY_HAND[0], "voice_ninja")) as session, session.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM companion_memories")
            assert cursor.fetchall() == [(500,)]
            cursor.execute(
                "BEGIN; UPDATE avatar_agents SET persona = persona; INSERT INTO companion_memories (avatar_id,"
                " companion_id, conversation) VALUES ('a', 'c', 'hello'); ROLLBACK"
            )

    def owner(self) -> str:
        """Whose the database is."""
        return str(self.house.rows("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'voice_ninja'")[0][0])


def adopt(contact: Contact) -> None:
    """Check mode writes nothing; the file is for its owner alone, and is never overwritten unasked."""
    options = ("-e", "good_neighbor_adopt_seconds=2", "-e", "good_neighbor_adopt_schemas=true")
    assert "1 row would be drafted" in contact.play("adopt", "--check", *options)
    assert not contact.draft.exists()
    said = contact.play("adopt", *options)
    assert "CRITICAL  database-public-connect" in said
    assert str(contact.draft) in said
    assert contact.draft.stat().st_mode & 0o777 == 0o600
    dumped = contact.draft.with_name("draft.schemas") / "voice_ninja.sql"
    assert dumped.stat().st_mode & 0o777 == 0o600
    text = contact.draft.read_text()
    assert [word for word in (*BY_HAND, STRANGER[1], SUPERUSER, "SCRAM-SHA-256$") if word in text + dumped.read_text()] == []
    found = yaml.safe_load(text)
    assert found["good_neighbor_baseline"] == ["voice_ninja"]
    assert found["good_neighbor_allocation"][0]["schema_files"] == [str(dumped)]
    assert "is there already" in contact.play("adopt", *options, status=2)
    assert contact.draft.read_text() == text
