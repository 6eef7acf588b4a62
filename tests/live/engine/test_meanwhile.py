"""What others make and drop while a run reads and works is neither a reason to fail nor a finding."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog import raw
from live.engine.cases import told
from live.engine.neighborhood import Neighborhood

RUNS = 25
LOOPS = {
    "functions": ("loans_owner", "loans", (
        "BEGIN; DROP FUNCTION IF EXISTS passing(int); SELECT pg_sleep(0.004); CREATE FUNCTION passing(int) RETURNS int"
        " LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'; COMMIT", "SELECT pg_sleep(0.01)")),
    "databases": (None, "postgres", (
        "DROP DATABASE IF EXISTS passing", "CREATE DATABASE passing TEMPLATE template0", "SELECT pg_sleep(0.01)")),
}


@contextmanager
def repeated(session: Any, statements: tuple[str, ...]) -> Iterator[list[str]]:
    """Other's work, again and again as long as the block runs; which of it failed, and why."""
    end, failed = threading.Event(), list[str]()

    def work() -> None:
        cursor = session.cursor()
        while not end.is_set():
            for statement in statements:
                try:
                    cursor.execute(statement)
                except session.Error as error:
                    failed.append(str(error))
                    cursor.execute("ROLLBACK")

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield failed
    finally:
        end.set()
        thread.join()


@pytest.mark.parametrize("kind", LOOPS)
def test_what_comes_and_goes(library: Neighborhood, kind: str) -> None:
    role, database, statements = LOOPS[kind]
    library.patch({"rows": {"loans": {"connection_limit": 8}}})
    library.enforce()
    with closing(library.login(role, database) if role else library.cluster.admin(database)) as session:
        session.autocommit = True
        with repeated(session, statements):
            for _run in range(RUNS):
                library.check()
                library.enforce()
    library.sql("DROP DATABASE IF EXISTS passing")
    done = library.enforce()
    assert done["compliant"], told(done)


def test_who_goes_on_dropping_is_told(library: Neighborhood) -> None:
    """What is not there at all is no matter of the moment."""
    with library.cursor() as cursor, pytest.raises(cursor.connection.Error, match="nothing_of_the_kind"):
        raw.rows(cursor, "SELECT * FROM nothing_of_the_kind")
