"""A restore in place that is killed before any of its statements, or while the dump is read: run again, it converges.

At every moment there is a database of the service's name, and no row of the live one is lost.
"""

from __future__ import annotations

import dataclasses
import os
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2.extensions
import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup import restore, restore_fill, stream
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.restore_door import MARK, ROLE
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.restore_plan import IN_PLACE
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog.session import Server
from live.backup.restoring import House, furnish, furnished, running
from live.postgres import Cluster

SAVED, LIVE = 500, 501  # rows of goods in the backup, and in the live database since
KILLED = -signal.SIGKILL


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server for the tests of this file."""
    with running() as made:
        yield made


@pytest.fixture
def house(cluster: Cluster, tmp_path: Path) -> Iterator[House]:
    """Two services."""
    with furnished(cluster, tmp_path) as made:
        yield made


class Counting(psycopg2.extensions.cursor):
    """Dies before the n-th statement."""

    asked = 0
    die_before = -1

    def execute(self, query: Any, values: Any = None) -> None:
        if Counting.asked == Counting.die_before:
            os.kill(os.getpid(), signal.SIGKILL)
        Counting.asked += 1
        super().execute(query, values)


def restored(house: House, name: str, die_before: int = -1, chunks: int = -1) -> int:
    """Restores in a process of its own, which may die before a statement, or after some chunks of the dump; its exit
    status, and without a death the number of its statements, in a byte."""
    request = house.request(name, IN_PLACE)
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = 251
    try:
        Counting.asked, Counting.die_before = 0, die_before
        if chunks >= 0:
            _die_reading(chunks)
        server = Server({**house.server.parameters, "cursor_factory": Counting}, "postgres")
        made = restore.restore(server, request)
        status = 250 if made.plan.done else min(Counting.asked, 249)
    finally:
        os._exit(status)
    return status


def _die_reading(chunks: int) -> None:
    """The process dies in the middle of the dump, with pg_restore at work."""
    stream.CHUNK = 1024
    following, left = stream._Plain.next, [chunks]

    def dying(plain: Any) -> bytes:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return following(plain)

    load = restore_fill.load

    def armed(*words: Any) -> list[str]:
        stream._Plain.next = dying
        return load(*words)

    restore_fill.load = armed


def rows(house: House, database: str) -> int:
    """How many goods a database has; a closed one is opened for it."""
    shut = house.query(f"SELECT 1 FROM pg_database WHERE datname = '{database}' AND NOT datallowconn")
    if shut:
        house.query(f"ALTER DATABASE {database} ALLOW_CONNECTIONS true")
    count: int = house.query("SELECT count(*) FROM goods", database)[0][0]
    if shut:
        house.query(f"ALTER DATABASE {database} ALLOW_CONNECTIONS false")
    return count


def saved(house: House) -> str:
    """A backup, and a row that was written after it."""
    name = house.save(hours=1)
    house.query("INSERT INTO goods DEFAULT VALUES", "shop")
    return name


def check(house: House) -> None:
    """The restored database is there and works, the old one is kept whole, and nothing else is left."""
    kept = [name for name in house.databases() if name.startswith("shop_before_")]
    assert house.databases() == {"shop", "blog", *kept} and len(kept) == 1
    assert (rows(house, "shop"), rows(house, kept[0])) == (SAVED, LIVE)
    with closing(house.login("shop")) as session:
        session.cursor().execute("INSERT INTO goods DEFAULT VALUES")
    assert house.query(f"SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}'") == []
    assert MARK not in (house.cluster.data / "pg_hba.conf").read_text()


def statements(house: House) -> int:
    """How many statements a whole restore has."""
    count = restored(house, saved(house))
    assert 0 < count < 249
    check(house)
    return count


@pytest.mark.parametrize("part", range(8))
def test_killed_before_a_statement(house: House, part: int) -> None:
    """The last statements, where names change, all; with GN_PROVE one in every eighth of the whole besides."""
    count = COUNT[0] if COUNT else statements(house)
    COUNT[:] = [count]
    late = count - 8 + part
    for point in sorted({late, count * part // 8 + part} if "GN_PROVE" in os.environ else {late}):
        house.clear()
        furnish(house.cluster)
        fresh = dataclasses.replace(house, folder=house.folder / str(point))
        name = saved(fresh)
        assert restored(fresh, name, die_before=point) == KILLED
        assert "shop" in fresh.databases() and rows(fresh, "shop") in (SAVED, LIVE), point
        kept = [other for other in fresh.databases() if other.startswith("shop_before_")]
        assert LIVE in [rows(fresh, other) for other in ("shop", *kept)], point
        assert restored(fresh, name) != 251, point
        check(fresh)


COUNT: list[int] = []


@pytest.mark.parametrize("chunks", [0, 3, 8])
def test_killed_while_the_dump_is_read(house: House, chunks: int) -> None:
    name = saved(house)
    assert restored(house, name, chunks=chunks) == KILLED
    assert "shop_restoring" in house.databases() and rows(house, "shop") == LIVE
    with closing(house.login("shop")) as session:
        session.cursor().execute("SELECT 1")
    assert restored(house, name) < 250
    check(house)
    assert restored(house, name) == 250  # and now there is nothing to do
