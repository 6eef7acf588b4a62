"""A server whose slots are all taken: what a run still needs of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from threading import Timer
from typing import Any

import psycopg2
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import engine
from live.engine.neighborhood import Neighborhood


@contextmanager
def crowd(library: Neighborhood) -> Iterator[list[Any]]:
    """Sessions that take every slot there is."""
    with ExitStack() as others:
        held: list[Any] = []
        with suppress(psycopg2.OperationalError):
            while True:
                held.append(others.enter_context(closing(library.cluster.admin("postgres"))))
        yield held


def test_two_free_connections_are_enough(library: Neighborhood) -> None:
    with crowd(library) as held:
        for _free in range(2):
            held.pop().close()
        cursor, end = held[0].cursor(), time.monotonic() + 10
        count = -1
        while count != len(held) and time.monotonic() < end:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
            count = cursor.fetchone()[0]
        found = engine.check(library.server(), library.request()).after
    assert found.unseen == {} and found.visited == engine.check(library.server(), library.request()).after.visited


def test_a_session_that_ends_soon_is_waited_for(library: Neighborhood) -> None:
    with crowd(library) as held:
        Timer(0.5, held[0].close).start()
        library.server().connect().close()
