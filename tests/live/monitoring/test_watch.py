"""The watch on a real server, as a role that may look and nothing else: what it tells is what is so."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from threading import Thread

import psycopg2
import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog.session import Server as Sessions
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.parse import parse
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.monitoring import expose, watch
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.report import textfile
from live.embedded import Server

NAME = "db.example"
PASSWORD = "fake-watch-Hb7qWz2mKx9v"
ROW = {
    "service": "shop",
    "server": NAME,
    "database": "shop_db",
    "owner": "shop_user",
    "purpose": "a test",
    "status": "active",
    "connection_limit": 5,
    "backup": "important",
}
MATRIX = parse(
    {NAME: {"mode": "audit", "max_connections": 150, "maintenance_connections": 20}}, [ROW], secrets_withheld=True
)


@pytest.fixture(scope="module")
def shop(server: Server) -> Server:
    """A service's database, and the role that watches."""
    server.rows("CREATE EXTENSION pg_stat_statements")
    server.rows(f"CREATE ROLE shop_user LOGIN PASSWORD '{PASSWORD}'")
    server.rows(f"CREATE ROLE watcher LOGIN PASSWORD '{PASSWORD}' IN ROLE pg_monitor")
    server.rows("CREATE DATABASE shop_db OWNER shop_user")
    server.rows("CREATE TABLE t (a int)", "shop_db")
    server.rows("ALTER TABLE t OWNER TO shop_user", "shop_db")
    return server


def look(server: Server) -> dict[str, float]:
    """What the watch tells, read as the node exporter would: by metric, the role beside it where there is one."""
    sessions = Sessions({"host": server.host, "user": "watcher", "password": PASSWORD}, "postgres")
    text = expose.text(watch.read(sessions, MATRIX, NAME), watch.HELPS)
    return {
        " ".join(
            [row["name"].removeprefix("good_neighbor_"), *([row["labels"]["role"]] if "role" in row["labels"] else [])]
        ): row["value"]
        for row in textfile.samples(text)
    }


@pytest.fixture
def session(shop: Server) -> Iterator[psycopg2.extensions.connection]:
    """A session of the service."""
    with closing(shop.connect("shop_db", "shop_user", PASSWORD)) as opened:
        yield opened


def test_it_tells_of_the_server(shop: Server) -> None:
    found = look(shop)
    assert abs(found["watch_timestamp_seconds"] - time.time()) < 60
    assert 0 < found["watch_timestamp_seconds"] - found["start_timestamp_seconds"] < 600
    assert found["transaction_age"] == float(shop.rows("SELECT max(age(datfrozenxid)) FROM pg_database")[0][0])
    assert (found["checksum_failures"], found["pending_restart"]) == (0, 0)


def test_it_tells_who_waits_and_who_holds(shop: Server, session: psycopg2.extensions.connection) -> None:
    assert look(shop)["connections shop_user"] == 1
    session.cursor().execute("LOCK TABLE t")
    waiter = shop.connect("shop_db", "shop_user", PASSWORD)
    waiting = Thread(target=lambda: waiter.cursor().execute("SELECT count(*) FROM t"))
    waiting.start()
    try:
        end = time.monotonic() + 30
        while (found := look(shop))["blocked_seconds"] < 0.3:
            assert time.monotonic() < end
            time.sleep(0.1)
    finally:
        session.rollback()
        waiting.join()
        waiter.close()
    assert found["connections shop_user"] == 2
    assert found["statement_seconds"] >= found["blocked_seconds"]
    assert 0.3 <= found["idle_in_transaction_seconds"] < 60
    assert look(shop)["blocked_seconds"] == 0


def test_it_counts_statements_and_the_slow_ones(shop: Server, session: psycopg2.extensions.connection) -> None:
    before = look(shop)
    session.autocommit = True
    for _time in range(3):
        session.cursor().execute("SELECT pg_sleep(0.12)")
    after = look(shop)
    assert after["slow_calls"] - before["slow_calls"] == 3
    assert after["statements_calls"] - before["statements_calls"] == 3
    assert 0.36 <= after["statements_seconds"] - before["statements_seconds"] < 10


def test_a_setting_that_waits_and_a_slot_that_holds(shop: Server) -> None:
    shop.rows("ALTER SYSTEM SET max_connections = 151")
    shop.rows("SELECT pg_reload_conf()")
    shop.rows("SELECT pg_create_physical_replication_slot('left_behind', true)")
    try:
        end = time.monotonic() + 20
        while not (found := look(shop))["pending_restart"]:
            assert time.monotonic() < end
            time.sleep(0.1)
        assert found["slot_bytes"] >= 0
    finally:
        shop.rows("SELECT pg_drop_replication_slot('left_behind')")
        shop.rows("ALTER SYSTEM RESET max_connections")
        shop.rows("SELECT pg_reload_conf()")


def test_it_reads_no_table_of_a_service(shop: Server) -> None:
    with (
        closing(psycopg2.connect(host=shop.host, dbname="shop_db", user="watcher", password=PASSWORD)) as opened,
        pytest.raises(psycopg2.errors.InsufficientPrivilege),
    ):
        opened.cursor().execute("SELECT * FROM t")
