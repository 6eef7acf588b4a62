"""A dump whose owner put code into it that makes him a superuser as soon as one restores it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from live.backup.restoring import House, fill, furnished, running
from live.postgres import Cluster, programs

# each way runs its code when rows are copied, or an index or a view is built
ATTACK = """
CREATE OR REPLACE FUNCTION attack() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    BEGIN EXECUTE 'RESET SESSION AUTHORIZATION'; EXCEPTION WHEN OTHERS THEN NULL; END;
    BEGIN EXECUTE 'ALTER ROLE shop_owner SUPERUSER'; EXCEPTION WHEN OTHERS THEN NULL; END;
    BEGIN EXECUTE 'COPY (SELECT 1) TO PROGRAM ''touch {mark}'''; EXCEPTION WHEN OTHERS THEN NULL; END;
END $$
"""
HARMLESS = "CREATE FUNCTION attack() RETURNS void LANGUAGE plpgsql AS 'BEGIN END'"
FUNCTION = ("CREATE FUNCTION trap({argument}) RETURNS {returns} LANGUAGE plpgsql IMMUTABLE AS"
            " 'BEGIN PERFORM public.attack(); RETURN {value}; END'")
WAYS = {
    "check": ("int", "bool", "true", "CREATE TABLE t (a int CHECK (trap(a))); INSERT INTO t VALUES (1)"),
    "generated": ("int", "int", "1", "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (trap(a)) STORED);"
                                     " INSERT INTO t VALUES (1)"),
    "index": ("int", "int", "1", "CREATE TABLE t (a int); INSERT INTO t VALUES (1); CREATE INDEX ON t (trap(a))"),
    "view": ("", "int", "1", "CREATE MATERIALIZED VIEW t AS SELECT trap()"),
    "domain": ("int", "bool", "true", "CREATE DOMAIN d AS int CHECK (trap(VALUE)); CREATE TABLE t (a d);"
                                      " INSERT INTO t VALUES (1)"),
}
LOOK = """
CREATE FUNCTION look() RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN (
    SELECT concat_ws(' ', current_user, session_user, rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication,
        (SELECT count(*) FROM pg_auth_members WHERE member = r.oid),
        (SELECT string_agg(datname, ',') FROM pg_database d WHERE has_database_privilege(r.oid, d.oid, 'CONNECT')
         AND datname NOT LIKE 'template%' AND datname <> 'postgres'))
    FROM pg_roles r WHERE rolname = session_user); END$$"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server for the tests of this file."""
    with running() as made:
        yield made


@pytest.fixture
def house(cluster: Cluster, tmp_path: Path) -> Iterator[House]:
    """Two services, one of them hostile."""
    with furnished(cluster, tmp_path) as made:
        yield made


def arm(house: House, way: str, mark: Path) -> None:
    """The trap is laid in the live database, where it could only ever run as its owner."""
    argument, returns, value, statements = WAYS[way]
    fill(house.cluster, "shop", [HARMLESS, FUNCTION.format(argument=argument, returns=returns, value=value), statements,
                                 ATTACK.format(mark=mark)])


def taken_over(house: House) -> bool:
    """Whether the owner has become a superuser."""
    return house.query("SELECT rolsuper FROM pg_roles WHERE rolname = 'shop_owner'") == [(True,)]


@pytest.mark.parametrize("way", WAYS)
def test_a_superusers_restore_would_be_taken_over_and_ours_is_not(house: House, way: str) -> None:
    mark = house.cluster.folder / f"taken-{way}"
    arm(house, way, mark)
    name = house.save(hours=1)
    made = house.restore(name)
    assert made.changed and not taken_over(house) and not mark.exists()
    naively(house)
    assert taken_over(house), "the control: this trap works"


def naively(house: House) -> None:
    """What a superuser's plain pg_restore does with the same dump."""
    dump = house.program("pg_dump", "-Fc", "-d", "shop")
    house.query("CREATE DATABASE naive TEMPLATE template0")
    subprocess.run([programs()[1] / "pg_restore", "-h", house.cluster.folder, "-p", str(house.cluster.port),
                    "-U", "postgres", "--no-owner", "-d", "naive"], input=dump, check=False, capture_output=True)


def test_a_schema_of_our_name_is_not_taken_for_ours(house: House) -> None:
    house.query("DROP SCHEMA good_neighbor CASCADE", "shop")
    fill(house.cluster, "shop", [
        "CREATE SCHEMA good_neighbor", "CREATE TABLE good_neighbor.schema_file (path text, checksum text, state text)",
        "INSERT INTO good_neighbor.schema_file VALUES ('forged', 'forged', 'applied')"])
    copy = house.restore(house.save(hours=1)).plan.names.target
    assert house.query("SELECT path FROM good_neighbor.schema_file", copy) == []


def test_the_role_of_the_moment_can_do_nothing_elsewhere(house: House) -> None:
    fill(house.cluster, "shop", [LOOK, "CREATE MATERIALIZED VIEW looked AS SELECT look()"])
    copy = house.restore(house.save(hours=1)).plan.names.target
    assert house.query("SELECT * FROM looked", copy) == [
        ("good_neighbor_restore good_neighbor_restore f 0 shop_restoring",)]
