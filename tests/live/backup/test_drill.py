"""The newest backup of a service restored into a scratch cluster of a real PostgreSQL, and everything that must turn red."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup import drill_record, layout
from live.backup.drilling import DrillHost
from live.backup.restoring import SERVER, House, fill, furnished, running
from live.postgres import Cluster, new_folder

SLOW = ("CREATE OR REPLACE FUNCTION slow() RETURNS int LANGUAGE plpgsql IMMUTABLE AS"
        " 'BEGIN PERFORM pg_catalog.pg_sleep({seconds}); RETURN 1; END'")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """The database server."""
    with running() as made:
        yield made


@pytest.fixture
def house(cluster: Cluster) -> Iterator[House]:
    """Two services, their backups where the drill's account may read: pytest's own folders are closed to it."""
    folder = new_folder()
    with furnished(cluster, folder) as made:
        yield made
    shutil.rmtree(folder)


@pytest.fixture
def drill(house: House) -> Iterator[DrillHost]:
    """A drill host in a folder."""
    made = DrillHost(house)
    yield made
    made.remove()


def test_green(drill: DrillHost) -> None:
    name = drill.house.save(hours=1)
    assert drill.run() == 0, drill.said
    assert f"shop of {SERVER}: backup {name} restored" in drill.said
    found = drill.record()
    assert found.success and found.backup == found.good_backup == name and found.seconds > 0
    assert drill.metric("success") == 1 and drill.metric("backup_timestamp_seconds") == layout.parse_stamp(name).timestamp()
    assert drill.metric("last_success_timestamp_seconds") > time.time() - 60 and drill.metric("duration_seconds") > 0
    assert drill.run("status", "--json") == 0 and json.loads(drill.said)[0]["ok"]
    assert drill.left() == []


def spoiled(drill: DrillHost, how: str) -> str:
    """Spoils the newest backup, or the key; what the drill must say."""
    place = next(drill.house.folder.glob("*/shop/*"))
    dump = place / "dump.age"
    whole = bytearray(dump.read_bytes())
    if how == "a flipped byte":
        whole[len(whole) // 2] ^= 1
        dump.write_bytes(whole)
        return "cannot be decrypted"
    if how == "a truncated dump":
        dump.write_bytes(whole[:-100])
        return "cannot be decrypted"
    if how == "a dump of a whole chunk less":
        dump.write_bytes(whole[:200])
        return "dump.age"
    if how == "a lost dump":
        dump.unlink()
        return "cannot be fetched"
    if how == "a flipped byte in the globals":
        other = bytearray((place / "globals.age").read_bytes())
        other[-3] ^= 1
        (place / "globals.age").write_bytes(other)
        return "globals.age cannot be decrypted"
    if how == "a wrong key":
        key = subprocess.run(["age-keygen"], check=True, capture_output=True, text=True).stdout
        drill.key.write_text(key)
        return "no identity matched"
    if how == "no key":
        drill.key.unlink()
        return "the drill's key"
    if how == "a manifest from the future":
        place.rename(place.with_name(layout.stamp(datetime.now(timezone.utc) + timedelta(days=1))))
        return "dated in the future"
    if how == "a place that is gone":
        drill.conf.write_text("[shelf]\ntype = alias\nremote = /nowhere/at/all\n")
        return "no backup of"
    raise KeyError(how)


@pytest.mark.parametrize("how", [
    "a flipped byte", "a truncated dump", "a dump of a whole chunk less", "a lost dump", "a flipped byte in the globals",
    "a wrong key", "no key", "a manifest from the future", "a place that is gone"])
def test_red(drill: DrillHost, how: str) -> None:
    drill.house.save(hours=1)
    words = spoiled(drill, how)
    assert drill.run() == 1 and words in drill.said and "FAILED" in drill.said, drill.said
    assert not drill.record().success and drill.metric("success") == 0
    assert drill.metric("last_success_timestamp_seconds") == 0 and drill.run("status") == 1 and words in drill.said
    assert drill.left() == []


def test_red_early_in_a_large_dump(drill: DrillHost) -> None:
    """age gives up while most of it is still to be fetched: what it says is the cause, not that the fetching was cut off."""
    fill(drill.house.cluster, "shop", ["CREATE TABLE noise AS SELECT string_agg(md5(random()::text), '') FROM"
                                       " generate_series(1, 200000) n GROUP BY n % 100"])
    place = drill.house.folder.glob(f"*/shop/{drill.house.save(hours=1)}")
    dump = next(place) / "dump.age"
    whole = bytearray(dump.read_bytes())
    whole[9000] ^= 1
    dump.write_bytes(whole)
    assert len(whole) > 2_000_000 and drill.run() == 1 and "dump.age cannot be decrypted" in drill.said, drill.said


def test_red_where_a_row_is_missing(drill: DrillHost) -> None:
    first = drill.house.save(hours=2)
    drill.house.query("INSERT INTO goods DEFAULT VALUES", "shop")
    second = drill.house.save(hours=1)
    old, new = (next(drill.house.folder.glob(f"*/shop/{name}")) for name in (first, second))
    (new / "dump.age").write_bytes((old / "dump.age").read_bytes())
    assert drill.run() == 1 and "not what was saved" in drill.said, drill.said


def test_red_after_a_week(drill: DrillHost) -> None:
    drill.house.save(hours=1)
    assert drill.run("status") == 1 and "no drill was ever made" in drill.said
    assert drill.run() == 0
    now = datetime.now(timezone.utc)
    for days, ok in ((6, True), (8, False)):
        assert (drill_record.faults(drill.config, drill.all(), now + timedelta(days=days)) == {}) == ok
    record = drill.all()
    record.put(replace(drill.record(), at=now - timedelta(days=8), good_at=now - timedelta(days=8)))
    assert drill.run("status") == 1 and "more than 7 days ago" in drill.said


def test_a_failure_does_not_hide_when_it_last_went_well(drill: DrillHost) -> None:
    name = drill.house.save(hours=1)
    assert drill.run() == 0
    good = drill.metric("last_success_timestamp_seconds")
    drill.key.unlink()
    assert drill.run() == 1 and drill.record().good_backup == name
    assert drill.metric("success") == 0 and drill.metric("last_success_timestamp_seconds") == good


def test_the_newest_is_drilled(drill: DrillHost) -> None:
    drill.house.save(hours=2)
    newest = drill.house.save(hours=1)
    assert drill.run() == 0 and drill.record().backup == newest


def test_many_tables_in_one_transaction(drill: DrillHost) -> None:
    fill(drill.house.cluster, "shop", ["DO $$BEGIN FOR n IN 1..700 LOOP EXECUTE format('CREATE TABLE t%s (a text)', n);"
                                       " END LOOP; END$$"])  # more locks than PostgreSQL's default has room for
    drill.house.save(hours=1)
    assert drill.run() == 0, drill.said


def test_the_empty_cluster_is_kept_and_made_anew_where_it_does_not_start(drill: DrillHost) -> None:
    drill.house.save(hours=1)
    made = []
    for broken in (False, True, True):
        assert drill.run() == 0, drill.said
        (kept,) = drill.folder.glob("empty-*")
        made.append(kept.stat().st_ino)
        assert kept.stat().st_mode & 0o77 == 0 and (kept / "password").stat().st_mode & 0o77 == 0
        if broken:
            (kept / "data" / "PG_VERSION").unlink()
    assert made[0] == made[1] != made[2]


def test_killed_while_the_cluster_is_made(drill: DrillHost) -> None:
    drill.house.save(hours=1)
    process = drill.start("run")
    until((drill.folder / "scratch" / "data" / "global").exists)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    assert drill.run("clean") == 0, drill.said  # initdb is still at work
    assert drill.left() == []


def test_killed_it_counts_as_failed_and_the_next_one_cleans_up(drill: DrillHost) -> None:
    fill(drill.house.cluster, "shop", [SLOW.format(seconds=0), "CREATE MATERIALIZED VIEW slept AS SELECT slow()",
                                       SLOW.format(seconds=30)])
    drill.house.save(hours=1)
    process = drill.start("run")
    until((drill.folder / "scratch" / "data" / "postmaster.pid").exists)
    time.sleep(0.5)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    assert drill.metric("success") == 0 and drill.run("status") == 1 and "has not come to its end" in drill.said
    assert drill.left() != []  # nobody is there to remove it
    assert drill.run("clean") == 0, drill.said
    assert drill.left() == []


def test_two_at_once(drill: DrillHost) -> None:
    drill.house.save(hours=1)
    process = drill.start("run")
    until((drill.folder / "scratch").exists)
    assert drill.run() == 75 and "another drill" in drill.said
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0


def test_a_hostile_dump_does_not_reach_the_key(drill: DrillHost) -> None:
    fill(drill.house.cluster, "shop", [
        "CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN (SELECT rolsuper::text FROM pg_roles"
        " WHERE rolname = session_user); END$$", "CREATE MATERIALIZED VIEW seen AS SELECT f()",
        "CREATE OR REPLACE FUNCTION f() RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$BEGIN"
        f" RETURN pg_catalog.pg_read_file('{drill.key}'); END$$"])
    drill.house.save(hours=1)
    assert drill.run() == 1 and "permission denied for function pg_read_file" in drill.said, drill.said
    assert drill.house.secret.strip().splitlines()[-1] not in drill.said


def until(condition: Callable[[], bool]) -> None:
    """Wait until it is so."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
