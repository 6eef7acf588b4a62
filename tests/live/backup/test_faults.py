"""Whatever goes wrong is told, is no success, and leaves the last good backup as it was."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup import layout
from live.backup.house import House, sums
from live.postgres import SUPERUSER_LINE


def check_failed(house: House, before: dict[str, object], service: str = "nexus", said: str = "") -> None:
    """That service failed, says why, and what was there is there and nothing else."""
    assert sums(house) == before
    assert house.metric("success", service) == 0 and house.metric("last_success_timestamp_seconds", service) == 1767225600
    fault = house.attempts()[service]["fault"]
    assert said in fault and f"{service}: FAILED" in "\n".join(house.said), (house.said, fault)


@pytest.mark.parametrize(("program", "before", "after", "said"), [
    ("pg_dump", "", "| head -c 3000; kill -9 $$", "signal 9"), ("pg_dump", "", "| head -c 20; exit 0", "pg_restore failed"),
    ("pg_dump", "exit 3", "", "pg_dump failed with status 3"), ("pg_dumpall", "exit 1", "", "pg_dumpall failed"),
    ("pg_restore", "exit 1", "", "pg_restore failed"),
    ("pg_dump", "head -c 30000 /dev/zero; exit 0", "", "pg_restore failed")])
def test_a_dump_that_is_not_whole(house: House, good: str, program: str, before: str, after: str, said: str) -> None:
    there = sums(house)
    house.program(program, before, after)
    assert not house.run("nexus")
    check_failed(house, there, said=said)


def test_the_others_still_get_theirs(house: House, good: str) -> None:
    house.sql("ALTER DATABASE voice_ninja ALLOW_CONNECTIONS false")
    assert not house.run()
    assert house.metric("success", "bob/gpt") == 0 and house.metric("success", "nexus") == 1
    assert "not currently accepting connections" in house.attempts()["bob/gpt"]["fault"]
    assert len(house.backups("nexus")) == 2 and house.backups("bob/gpt") == [good]


@pytest.fixture
def small_disk(house: House, good: str) -> Path:
    """The service's folder is a disk with 40 kB left; the last good backup is on it."""
    folder = house.path("nexus", good).parent
    kept = folder.with_name("kept")
    folder.rename(kept)
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=80k", "tmpfs", folder], check=True)
    shutil.copytree(kept / good, folder / good)
    shutil.rmtree(kept)
    return folder


def test_a_disk_that_fills_up(house: House, small_disk: Path, good: str) -> None:
    try:
        there = sums(house)
        house.sql("INSERT INTO words SELECT n, sha256(n::text::bytea)::text FROM generate_series(1, 5000) n", "it's")
        assert not house.run("nexus")
        check_failed(house, there, said="no space left")
        assert house.backups("nexus") == [good]
    finally:
        subprocess.run(["umount", small_disk], check=True)


def test_too_little_room_is_told_before(house: House, good: str) -> None:
    os.truncate(house.path("nexus", good) / "dump.age", shutil.disk_usage(house.folder).free)
    there = {"nexus": house.backups("nexus")}
    assert not house.run("nexus")
    assert {"nexus": house.backups("nexus")} == there and "bytes of room" in house.attempts()["nexus"]["fault"]


def test_much_smaller_than_the_last(house: House, good: str) -> None:
    there = sums(house)
    house.sql("TRUNCATE words; TRUNCATE child", "it's")
    assert not house.run("nexus")
    check_failed(house, there, said="--accept-smaller")
    assert house.run("nexus", accept_smaller=True), house.said
    time.sleep(1.1)  # names have whole seconds
    assert house.run("nexus"), house.said


def test_an_empty_server_does_not_push_out_what_is_offsite(house: House, good: str) -> None:
    shutil.rmtree(house.path("bob/gpt", good).parent)
    house.sql("TRUNCATE words; TRUNCATE child", "voice_ninja")
    assert not house.run("bob/gpt")
    assert house.backups("bob/gpt") == [] and house.backups("bob/gpt", "offsite") == [good]
    assert "the last good one offsite" in house.attempts()["bob/gpt"]["fault"]


@pytest.mark.parametrize("how", ["gone", "refuses", "damages"])
def test_offsite(house: House, good: str, how: str) -> None:
    there = {path: content for path, content in sums(house).items() if "/offsite/" in path}
    if how == "gone":
        house.change(remote="nowhere:/x")
    elif how == "refuses":
        (house.offsite / "voice-ninja.com" / "bob%2Fgpt" / "x").mkdir()
        rclone(house, 'case "$*" in *moveto*) exit 4 ;; esac')
    else:
        rclone(house, 'case "$*" in *check*) find "' + str(house.offsite) + '" -path "*partial/dump.age" '
               "-exec sh -c 'printf x | dd of=$1 bs=1 seek=500 conv=notrunc status=none' - {} \\; ;; esac")
    assert not house.run("bob/gpt")
    kept = {path: content for path, content in sums(house).items() if "/offsite/" in path and "partial" not in path}
    assert kept == there and house.metric("success", "bob/gpt") == 0
    assert "offsite" in house.attempts()["bob/gpt"]["fault"] or "nowhere" in house.attempts()["bob/gpt"]["fault"]
    assert len(house.backups("bob/gpt")) == 2  # the one here is good
    assert house.metric("offsite_last_success_timestamp_seconds", "bob/gpt") == 1767225600


def rclone(house: House, before: str) -> None:
    """Puts a program before the real rclone, for this test."""
    path = house.folder / "bin" / "rclone"
    path.write_text(f'#!/bin/bash\n{before}\nexec /usr/bin/rclone "$@"\n')
    path.chmod(0o755)


@pytest.fixture(autouse=True)
def own_rclone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs are looked for in the test's own folder first."""
    path = "ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup"
    for module in ("commands", "service"):
        monkeypatch.setattr(f"{path}.{module}.PATH", f"{house.folder / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("PATH", f"{house.folder / 'bin'}:{os.environ['PATH']}")


def test_leftovers_offsite_go(house: House, good: str) -> None:
    left = house.path("bob/gpt", layout.partial(good), "offsite")
    left.mkdir()
    (left / "dump.age").write_text("half")
    assert house.run("bob/gpt"), house.said
    assert not left.exists() and len(house.backups("bob/gpt", "offsite")) == 2


@pytest.mark.parametrize("base", ["backups", "offsite"])
def test_a_backup_from_the_future(house: House, good: str, base: str) -> None:
    future = layout.stamp(datetime.now(timezone.utc) + timedelta(days=300))
    shutil.copytree(house.path("bob/gpt", good, base), house.path("bob/gpt", future, base))
    (house.path("bob/gpt", future, base) / "dump.age").write_bytes(b"x" * 10_000_000)  # it is nobody's measure
    assert not house.run("bob/gpt")
    assert "dated in the future" in house.attempts()["bob/gpt"]["fault"] and house.metric("success", "bob/gpt") == 0
    assert len(house.backups("bob/gpt")) == 3 - (base == "offsite") and future in house.backups("bob/gpt", base)
    newest = [name for name in house.backups("bob/gpt") if name != future][-1]
    assert house.metric("last_success_timestamp_seconds", "bob/gpt") == layout.parse_stamp(newest).timestamp()


@pytest.mark.parametrize(("statement", "said"), [
    ("ALTER ROLE gn_backup NOBYPASSRLS", "lacks BYPASSRLS"),
    ("REVOKE pg_read_all_data FROM gn_backup", "lacks membership in pg_read_all_data"),
    ("ALTER ROLE gn_backup NOLOGIN", "not permitted to log in"), ("ALTER ROLE gn_backup CONNECTION LIMIT 1", "too many"),
    ('REVOKE CONNECT ON DATABASE "it\'s" FROM PUBLIC', "permission denied for database")])
def test_its_rights_are_taken_away(house: House, good: str, statement: str, said: str) -> None:
    there = sums(house)
    house.sql(statement)
    assert not house.run("nexus")
    check_failed(house, there, said=said)


def test_no_line_of_pg_hba_lets_it_in(house: House, good: str) -> None:
    there = sums(house)
    lines, idents = ((house.server.data / name).read_text().splitlines() for name in ("pg_hba.conf", "pg_ident.conf"))
    house.server.access([SUPERUSER_LINE, "local all gn_backup reject"], idents)
    try:
        assert not house.run("nexus")
        check_failed(house, there, said="over the socket by peer")
    finally:
        house.server.access(lines, idents)


def test_a_large_object_that_it_may_not_read(house: House, good: str) -> None:
    there = sums(house)
    house.sql("SET ROLE nexus; SELECT lo_from_bytea(0, 'new')", "it's")
    assert not house.run("nexus")
    check_failed(house, there, said="run site, which lets")


@pytest.mark.parametrize("table", ["words", '"odd "" name"'])
def test_somebody_holds_a_lock(house: House, good: str, table: str) -> None:
    there = sums(house)
    with closing(house.server.admin("it's")) as session, session.cursor() as cursor:
        cursor.execute(f"BEGIN; LOCK TABLE {table}")
        began = time.monotonic()
        assert not house.run("nexus")
        assert time.monotonic() - began < 15
    check_failed(house, there, said="lock")


def test_one_service_takes_too_long(house: House, good: str) -> None:
    there = sums(house)
    house.program("pg_dump", "sleep 60 & wait; exit 0")
    house.change(longest=1 / 30)
    assert not house.run("nexus")
    check_failed(house, there, said="took too long")


def test_metrics_that_cannot_be_written_are_no_success(house: House, good: str) -> None:
    history = house.state / "history.json"
    history.unlink()
    history.mkdir()
    assert not house.run("nexus")
    assert "could not be written" in "\n".join(house.said)
    assert not (house.state / "public" / "good_neighbor_backup.prom").exists()  # the old ones would say that all is well


def test_a_hostile_owners_settings_and_functions(house: House, good: str) -> None:
    for statement in (
            "CREATE SCHEMA good_neighbor", "CREATE TABLE ran (who text)",
            "CREATE FUNCTION spy() RETURNS text LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'ran as %', current_user; END$$",
            "CREATE VIEW good_neighbor.schema_file AS SELECT spy() AS path, spy() AS checksum, spy() AS state",
            "CREATE FUNCTION count(anyelement) RETURNS int LANGUAGE sql AS 'SELECT spy(); SELECT 1'",
            "CREATE POLICY mine ON words USING (spy() IS NULL)",
            "CREATE TABLE \"\"\"; DROP TABLE words; --\n\" (a int)"):
        house.sql(f"SET ROLE nexus; {statement}", "it's")
    for setting in ("statement_timeout = 1", "lock_timeout = 1", "default_transaction_read_only = on", "role = nexus",
                    "search_path = public", "row_security = on", "idle_in_transaction_session_timeout = 1"):
        house.sql(f"SET ROLE nexus; ALTER DATABASE \"it's\" SET {setting}")
    assert house.run("nexus"), house.said
    told = house.manifest("nexus", house.backups("nexus")[-1])
    assert told.schema_files == () and [table.rows for table in told.tables if table.name == "words"] == [500]
