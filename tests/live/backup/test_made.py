"""A backup holds what the database held, nobody but the keys' holders reads it, and its manifest is true."""

from __future__ import annotations

import json
import subprocess
from datetime import datetime, timezone
from pathlib import Path

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup import layout, overview
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.manifest import Content, Table
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.store import measured
from live.backup.house import PLANTED, House
from live.postgres import programs

FILES = ["dump.age", "globals.age", "manifest.age"]


def files(folder: Path) -> list[Path]:
    """All files below a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_whole_run(house: House) -> None:
    assert house.run(), house.said
    (name,) = house.backups("bob/gpt")
    assert sorted(path.name for path in house.path("bob/gpt", name).iterdir()) == [*FILES, "receipt.json"]
    assert house.backups("bob/gpt", "offsite") == [name]
    assert sorted(path.name for path in house.path("bob/gpt", name, "offsite").iterdir()) == FILES
    assert [path for path in files(house.offsite) if "nexus" in str(path)] == []  # an important one stays here
    for service in ("bob/gpt", "nexus"):
        assert house.metric("success", service) == 1
        assert {house.metric(f"last_{which}_timestamp_seconds", service) for which in ("success", "attempt")} == {
            layout.parse_stamp(house.backups(service)[0]).timestamp()}
    assert house.metric("offsite_last_success_timestamp_seconds", "bob/gpt") == house.metric(
        "last_success_timestamp_seconds", "bob/gpt")
    assert house.metric("offsite_last_success_timestamp_seconds", "nexus") is None
    assert [line for line in house.said if "offsite too" in line] == [house.said[0]]  # critical ones first


def test_the_manifest_is_true(house: House) -> None:
    house.run("bob/gpt")
    (name,) = house.backups("bob/gpt")
    told, folder = house.manifest("bob/gpt", name), house.path("bob/gpt", name)
    assert told.tables == (Table("public", "child", 1), Table("public", "part", 2), Table("public", "words", 500))
    assert (told.large_objects, told.database, told.owner, told.priority) == (1, "voice_ninja", "bob", "critical")
    assert told.server_version // 10000 == programs()[0] and ("plpgsql", "1.0") in told.extensions
    assert (told.encoding, told.locale.collate, told.locale.provider) == ("UTF8", "C.UTF-8", "c")
    for file, content in (("dump.age", told.dump), ("globals.age", told.globals)):
        plain = folder / "plain"
        plain.write_bytes(house.decrypted(folder / file))
        assert measured(plain) == content
    assert b"CREATE ROLE" in house.decrypted(folder / "globals.age")


def test_no_plain_byte_and_no_password_anywhere(house: House) -> None:
    house.run()
    (name,) = house.backups("nexus")
    everything = files(house.folder)
    assert [path for path in everything if PLANTED.encode() in path.read_bytes()] == []
    assert [path for path in everything if b"words" in path.read_bytes() and path.parent.name != "bin"] == []
    assert b"SCRAM" not in house.decrypted(house.path("nexus", name) / "globals.age")
    dump = house.folder / "plain.dump"
    dump.write_bytes(house.decrypted(house.path("nexus", name) / "dump.age"))
    restored = subprocess.run([house.folder / "bin" / "pg_restore", "-f", "-", dump], capture_output=True, check=True).stdout
    assert PLANTED.encode() in restored  # the test would see it


def test_who_may_read(house: House) -> None:
    house.run("nexus")
    (name,) = house.backups("nexus")
    modes = {path.name: path.stat().st_mode & 0o7777 for path in house.path("nexus", name).iterdir()}
    assert modes == dict.fromkeys(FILES, 0o640) | {"receipt.json": 0o600}
    assert house.path("nexus", name).stat().st_mode & 0o7777 == 0o750


def test_the_receipt(house: House) -> None:
    house.run()
    for service, offsite in (("bob/gpt", True), ("nexus", False)):
        (name,) = house.backups(service)
        folder = house.path(service, name)
        told = json.loads((folder / "receipt.json").read_text())
        found = {file: Content(**content) for file, content in told["files"].items()}
        assert found == {file: measured(folder / file) for file in FILES} and told["offsite"] is offsite
        assert "public" not in (folder / "receipt.json").read_text()


def test_each_recipient_can_read_it_alone(house: House) -> None:
    other = house.folder / "drill.key"
    other.write_text(subprocess.run(["age-keygen"], capture_output=True, text=True, check=True).stdout)
    key = subprocess.run(["age-keygen", "-y", other], capture_output=True, text=True, check=True).stdout.strip()
    house.change(recipients=(*house.config.recipients, key))
    house.run("nexus")
    (name,) = house.backups("nexus")
    for path in (house.key, other):
        subprocess.run(["age", "-d", "-i", path, house.path("nexus", name) / "dump.age"], capture_output=True, check=True)
    stranger = house.folder / "stranger.key"
    stranger.write_text(subprocess.run(["age-keygen"], capture_output=True, text=True, check=True).stdout)
    assert subprocess.run(["age", "-d", "-i", stranger, house.path("nexus", name) / "dump.age"], capture_output=True,
                          check=False).returncode != 0


def test_a_renamed_service_is_not_lost(house: House) -> None:
    house.run()
    house.change(services=tuple(one for one in house.config.services if one.service != "nexus"), keep_days=1, keep_least=1)
    (name,) = house.backups("nexus")
    old = house.path("nexus", name)
    old.rename(old.with_name("20200101T000000Z"))
    assert house.run(), house.said
    assert house.backups("nexus") == ["20200101T000000Z"]
    rows = overview.overview(house.config, house_now())
    assert [row["service"] for row in rows if not row["in_matrix"]] == ["nexus"]
    assert any("not in the matrix" in line for line in overview.text(rows))


def house_now() -> datetime:
    """The time, as the program asks for it."""
    return datetime.now(timezone.utc)


@pytest.mark.parametrize("base", ["backups", "offsite"])
def test_old_ones_go_but_the_last_three(house: House, base: str) -> None:
    house.run("bob/gpt")
    (name,) = house.backups("bob/gpt")
    for old in ("20250101T000000Z", "20250102T000000Z", "20250103T000000Z", "20250104T000000Z"):
        made = house.path("bob/gpt", old, base)
        made.mkdir()
        for file in FILES:
            (made / file).write_bytes((house.path("bob/gpt", name) / file).read_bytes())
    (house.path("bob/gpt", "20250105T000000Z", base)).mkdir()  # nothing is in it: no backup
    for path in (house.path("bob/gpt", name), house.path("bob/gpt", name, "offsite")):
        path.rename(path.with_name("20250106T000000Z"))
    assert house.run("bob/gpt"), house.said
    kept = [each for each in house.backups("bob/gpt", base) if each != "20250105T000000Z"]
    assert kept[:2] == ["20250104T000000Z", "20250106T000000Z"] and len(kept) == 3
