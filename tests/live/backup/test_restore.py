"""One database restored beside the live one and in its place, on a real server, while another service goes on."""

from __future__ import annotations

import dataclasses
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.errors import BackupError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.restore_door import MARK, ROLE
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.restore_plan import IN_PLACE
from live.backup.restoring import SHOP, House, furnished, running
from live.postgres import Cluster

OWNERS = """
SELECT DISTINCT pg_get_userbyid(c.relowner) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'good_neighbor')"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server for the tests of this file."""
    with running() as made:
        yield made


@pytest.fixture
def house(cluster: Cluster, tmp_path: Path) -> Iterator[House]:
    """Two services, and a key."""
    with furnished(cluster, tmp_path) as made:
        yield made


@pytest.fixture
def blogging(house: House) -> Iterator[Any]:
    """A session of the other service, opened before; it must still be the same one after."""
    with closing(house.login("blog")) as session:
        session.cursor().execute("SELECT pg_backend_pid()")
        session.commit()
        yield session
        cursor = session.cursor()
        cursor.execute("INSERT INTO posts SELECT max(id) + 1 FROM posts RETURNING id")
        session.commit()


def left(house: House) -> list[object]:
    """What a restore must not leave behind."""
    role = house.query(f"SELECT rolname FROM pg_roles WHERE rolname = '{ROLE}'")
    line = MARK in (house.cluster.data / "pg_hba.conf").read_text()
    work = [name for name in house.databases() if name.endswith("_restoring")]
    return [*role, *([MARK] if line else []), *work]


@pytest.mark.usefixtures("blogging")
def test_beside(house: House) -> None:
    name = house.save(hours=1)
    with closing(house.login("shop")) as session:
        made = house.restore(name)
        session.cursor().execute("SELECT count(*) FROM goods")  # nobody ended it
    copy = made.plan.names.target
    assert made.changed and house.databases() == {"shop", "blog", copy} and left(house) == []
    assert house.query("SELECT count(*) FROM goods", copy) == [(500,)]
    assert house.query(OWNERS, copy) == [("shop_owner",)]
    assert house.query("SELECT path, state FROM good_neighbor.schema_file", copy) == [("schemas/shop/1.sql", "applied")]
    assert house.query(f"SELECT r FROM pg_roles r, pg_database d WHERE datname = '{copy}' AND NOT rolsuper"
                       " AND has_database_privilege(r.oid, d.oid, 'CONNECT')") == []
    assert f"object: {copy}" in made.exceptions
    again = house.restore(name)
    assert again.plan.done and not again.changed


@pytest.mark.usefixtures("blogging")
def test_in_place(house: House) -> None:
    name = house.save(hours=1)
    session = house.login("shop")
    cursor = session.cursor()
    cursor.execute("INSERT INTO goods DEFAULT VALUES")
    session.commit()
    made = house.restore(name, IN_PLACE)
    kept = made.plan.names.kept
    assert made.changed and house.databases() == {"shop", "blog", kept} and left(house) == []
    with pytest.raises(Exception, match="terminat|closed|connection"):
        cursor.execute("SELECT 1")
    with closing(house.login("shop")) as fresh:
        cursor = fresh.cursor()
        cursor.execute("SELECT count(*) FROM goods")
        assert cursor.fetchall() == [(500,)]
        cursor.execute("INSERT INTO goods DEFAULT VALUES RETURNING id")
        assert cursor.fetchall() == [(501,)]
    assert house.query(f"SELECT datallowconn, rolsuper FROM pg_database d, pg_roles r WHERE datname = '{kept}'"
                       " AND datdba = r.oid") == [(False, True)]
    house.query(f"ALTER DATABASE {kept} ALLOW_CONNECTIONS true")
    assert house.query("SELECT count(*) FROM goods", kept) == [(501,)]
    assert house.restore(name, IN_PLACE, seconds=1).plan.done
    assert house.restore(name, IN_PLACE, again=True, seconds=2).changed and len(house.databases()) == 4


def test_in_place_of_nothing(house: House) -> None:
    name = house.save(hours=1)
    house.query("ALTER DATABASE shop RENAME TO gone")
    made = house.restore(name, IN_PLACE)
    assert made.exceptions == "" and house.databases() == {"shop", "blog", "gone"}
    with closing(house.login("shop")) as session:
        session.cursor().execute("SELECT count(*) FROM goods")


def test_check_mode_tells_and_does_nothing(house: House) -> None:
    name = house.save(hours=1)
    before = house.query("SELECT oid, datname, datacl, datdba FROM pg_database ORDER BY 1")
    told = house.restore(name, IN_PLACE, check=True)
    assert house.query("SELECT oid, datname, datacl, datdba FROM pg_database ORDER BY 1") == before and left(house) == []
    assert told.steps == house.restore(name, IN_PLACE).steps


def test_everything_that_the_owner_made_comes_back(house: House) -> None:
    name = house.save(hours=1)
    copy = house.restore(name).plan.names.target
    there = ("SELECT n.nspname, c.relname, c.relkind::text, pg_get_userbyid(c.relowner)::text, c.relrowsecurity,"
             " c.relforcerowsecurity, obj_description(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
             " WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1, 2")
    for query in (there, "SELECT pubname, pg_get_userbyid(pubowner), puballtables FROM pg_publication ORDER BY 1",
                  "SELECT polname, polroles::regrole[]::text FROM pg_policy ORDER BY 1",
                  "SELECT nspname, pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname !~ '^pg_' ORDER BY 1",
                  "SELECT pg_get_userbyid(lomowner), lo_get(oid) FROM pg_largeobject_metadata",
                  "SELECT shout('it runs')", "SELECT * FROM counted"):
        assert house.query(query, copy) == house.query(query, "shop"), query


@pytest.mark.parametrize("spoil", ["flipped", "truncated", "missing", "manifest"])
def test_a_damaged_backup_leaves_everything_as_it_was(house: House, spoil: str) -> None:
    name = house.save(hours=1)
    place = next(house.folder.glob(f"*/shop/{name}"))
    dump = place / "dump.age"
    whole = bytearray(dump.read_bytes())
    if spoil == "flipped":
        whole[-100] ^= 1
        dump.write_bytes(whole)
    elif spoil == "truncated":
        dump.write_bytes(whole[:-50])
    elif spoil == "missing":
        dump.unlink()
    else:
        (place / "manifest.age").write_bytes(whole)
    with pytest.raises(BackupError):
        house.restore(name, IN_PLACE)
    assert house.databases() == {"shop", "blog"} and left(house) == []
    assert house.query("SELECT datallowconn FROM pg_database WHERE datname = 'shop'") == [(True,)]


def test_a_wrong_key_says_so(house: House) -> None:
    name = house.save(hours=1)
    other = subprocess.run(["age-keygen"], check=True, capture_output=True, text=True).stdout
    with pytest.raises(BackupError, match="no identity matched"):
        house.restore(name, key=other)


def test_another_dump_than_the_manifests_is_refused(house: House) -> None:
    name = house.save(hours=2)
    house.query("INSERT INTO goods DEFAULT VALUES", "shop")
    other = house.save(hours=1)
    old, new = (next(house.folder.glob(f"*/shop/{one}")) / "dump.age" for one in (name, other))
    new.write_bytes(old.read_bytes())
    with pytest.raises(BackupError, match="the dump has"):
        house.restore(other)
    assert house.databases() == {"shop", "blog"}


def test_a_backup_in_anothers_place_is_refused(house: House) -> None:
    name, other = house.save(hours=2), house.save(hours=1)
    old, new = (next(house.folder.glob(f"*/shop/{one}")) / "manifest.age" for one in (name, other))
    new.write_bytes(old.read_bytes())
    with pytest.raises(BackupError, match="somebody moved it"):
        house.restore(other)


def test_no_secret_is_told(house: House) -> None:
    name = house.save(hours=1)
    key = house.secret.strip().splitlines()[-1]
    watch = "while sleep 0.02; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; done"
    seen = subprocess.Popen(["sh", "-c", watch], stdout=subprocess.PIPE)
    request = house.request(name, IN_PLACE)
    made = house.restore(name, IN_PLACE)
    seen.terminate()
    assert key.encode() not in seen.communicate()[0]
    assert key not in repr(request) + repr(made) + house.cluster.log and "SCRAM-SHA-256$4096" not in house.cluster.log


def test_of_a_service_without_an_owner(house: House) -> None:
    name = house.save(hours=1)
    with pytest.raises(BackupError, match="run site first"):
        house.restore(name, row=dataclasses.replace(SHOP, owner="nobody_knows"))
