"""pg_hba.conf from the matrix, asked at the door: names that mean something else there let in who bears them, only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import hba
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.types import Allocation, Matrix, ServerSpec
from live.embedded import Server, remove, started
from psycopg2 import sql

NAMES = ["plain", "all", "sameuser", "replication", "+group", "@file", "with space", "a,b", "a#b", 'say "x"', "Upper",
         "ünï 日本", "it's", "back\\slash", "n" * 63]
PASSWORD = "fake-Hb7qWz2mKx9vTn4c"


def matrix(names: list[str]) -> Matrix:
    """A row for each name: its database and its owner bear it."""
    return Matrix((ServerSpec("db1", hba=("local all postgres scram-sha-256",)),), tuple(
        Allocation(service=name, title=name, server="db1", database=name, owner=name, purpose="x", status="active",
                   client_addresses=("local",)) for name in names))


@pytest.fixture(scope="module")
def neighbours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, list[str]]]:
    """A server with a database and a login for each name; the names with a slash where PostgreSQL can tell them."""
    folder: Path = tmp_path_factory.mktemp("hba") / "server"
    server = started(folder)
    major = int(server.rows("SHOW server_version_num")[0][0]) // 10000
    names = [*NAMES, *(["/slash.$", "/a[b]_c"] if major >= 16 else [])]
    session = server.connect()
    session.autocommit = True
    cursor = session.cursor()
    for name in names:
        cursor.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(name), sql.Literal(PASSWORD)))
        cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(name)))
    session.close()
    started(folder, hba.text(matrix(names), "db1").splitlines())
    try:
        yield server, names
    finally:
        remove(folder)


def test_each_enters_its_own_database_and_no_other(neighbours: tuple[Server, list[str]]) -> None:
    server, names = neighbours
    # a line for TLS is read where there is none, and never fits
    assert server.rows("SELECT error FROM pg_hba_file_rules WHERE error NOT LIKE '%cannot match because%'") == []
    for role in names:
        for database in {*names[:6], names[-1], role, "postgres"}:
            if database == role:
                server.connect(database, role, PASSWORD).close()
            else:
                with pytest.raises(psycopg2.OperationalError, match="pg_hba.conf rejects connection"):
                    server.connect(database, role, PASSWORD)


def test_a_name_that_only_resembles_one_is_rejected(neighbours: tuple[Server, list[str]]) -> None:
    server, names = neighbours
    for role in ("/slashx$", "slash.$", "x/slash.$", "plain2", "upper"):
        with pytest.raises(psycopg2.OperationalError, match="pg_hba.conf rejects connection"):
            server.connect(names[-1], role, PASSWORD)
