"""Every playbook with the oldest ansible-core that the collection supports: it does and says what the newest does."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import yaml
from live.postgres import ROOT
from live.proofs import plays
from live.proofs.fixtures import Gold
from live.proofs.house import SECRETS, SUPERUSER, House, checksums

OLDEST = "2.18"
PROGRAMS = ROOT / ".cache" / f"ansible-core-{OLDEST}" / "bin"


def run(house: House, play: str, *arguments: str) -> plays.Play:
    """A playbook with the oldest core; whatever it said, no secret was in it."""
    played = plays.run(house, play, "--diff", "-vvvv", *arguments, programs=PROGRAMS)
    assert not [name for name, secret in (*SECRETS.items(), ("superuser", SUPERUSER)) if secret in played.output]
    return played


def test_it_is_the_one_that_the_collection_asks_for() -> None:
    said = subprocess.run([PROGRAMS / "ansible", "--version"], capture_output=True, text=True, check=True).stdout
    assert f"core {OLDEST}." in said
    assert yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["requires_ansible"] == f">={OLDEST}.0"


def test_the_story(house: House, by_hand: Gold) -> None:
    newest = plays.site(house)
    house.reset(by_hand.data, by_hand.manifest)
    house.access()
    shutil.rmtree(house.settings_folder)
    before = checksums(house)
    assert run(house, "audit").status == 2
    foretold = run(house, "site", "--check")
    undo = house.folder / "undo.sql"
    made = run(house, "site", "-e", f"service_databases_undo_file={undo}")
    assert (foretold.status, made.status, made.changed) == (0, 0, newest.changed), made.output[-3000:]
    assert foretold.allocation["statements"] == made.allocation["statements"] == newest.allocation["statements"]
    again = run(house, "site")
    assert (again.status, again.changed) == (0, 0), again.output[-3000:]
    assert run(house, "audit").status == 0
    kept = house.folder / "health.json"
    assert run(house, "health", "-e", f"good_neighbor_health_json={kept}").status == 0
    assert {row["database"] for row in json.loads(kept.read_text())["voice-ninja.com"]["databases"]} >= {"bbworlds_nexus"}
    undone = run(house, "undo", "-e", f"good_neighbor_undo_file={undo}")
    assert undone.status == 0, undone.output[-3000:]
    assert run(house, "site").status == 0
    assert checksums(house) == before


def inventories(folder: Path) -> Path:
    """A copy of them without what somebody has made there; where production's variables are."""
    ignored = shutil.ignore_patterns("secrets.yml", "vault.yml")
    shutil.copytree(ROOT / "inventories", folder / "inventories", ignore=ignored)
    return folder / "inventories" / "production" / "group_vars" / "all"


def play(folder: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A playbook on the inventory `production` in `folder`."""
    return subprocess.run(
        [PROGRAMS / "ansible-playbook", "-i", folder / "inventories" / "production", f"bbworlds.good_neighbor.{name}",
         *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def test_all_secrets_that_are_missing_are_told_and_made_at_once(tmp_path: Path) -> None:
    group_vars = inventories(tmp_path)
    told = play(tmp_path, "validate")
    assert told.returncode == 2
    assert set(re.findall(r"waits for the variable (\w+), which is not defined", told.stdout)) == set(SECRETS)
    assert "5 secrets would be made" in play(tmp_path, "secrets", "--check").stdout
    assert play(tmp_path, "secrets", "-vvvv").returncode == 0
    whole = (group_vars / "secrets.yml").read_text()
    again = play(tmp_path, "secrets", "-vvvv")
    assert "changed=0" in again.stdout and (group_vars / "secrets.yml").read_text() == whole
    valid = play(tmp_path, "validate", "-vvvv")
    assert "5 rows, 2 servers: valid" in valid.stdout
    assert not [secret for secret in yaml.safe_load(whole).values() if secret in again.stdout + valid.stdout]


def test_a_password_that_is_encrypted_by_itself_is_read(tmp_path: Path) -> None:
    group_vars = inventories(tmp_path)
    key = tmp_path / "key"
    key.write_text("fake-key-of-the-tests\n")
    lines = []
    for name, secret in SECRETS.items():
        command = [PROGRAMS / "ansible-vault", "encrypt_string", "--vault-password-file", key, "--stdin-name", name]
        lines.append(subprocess.run(command, input=secret, capture_output=True, text=True, check=True).stdout)
    (group_vars / "secrets.yml").write_text("\n".join(lines))
    valid = play(tmp_path, "validate", "--vault-password-file", str(key), "-vvvv")
    assert "5 rows, 2 servers: valid" in valid.stdout, valid.stdout + valid.stderr
    locked = play(tmp_path, "validate")
    assert locked.returncode == 2
    assert (locked.stdout + locked.stderr).count("is still encrypted by ansible-vault") >= 5
