"""Two hundred services: what a run that finds nothing to do costs the server, and that it writes nothing."""

from __future__ import annotations

import re
import resource
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import engine, face, result
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog.session import Server
from live.postgres import new_folder
from live.proofs.crowd import Crowd
from live.proofs.house import run_module
from live.proofs.test_modes import NEXT_TRANSACTION

SERVICES = 200
VISITED = SERVICES + 2  # and postgres and template1
AUTHORIZED = re.compile(r"connection authorized: user=postgres database=(\S+) application_name=good_neighbor of ")


@pytest.fixture(scope="module")
def crowd() -> Iterator[Crowd]:
    """Two hundred services, just made."""
    cluster = Crowd(new_folder(), count=SERVICES)
    try:
        cluster.make()
        start = time.monotonic()
        made = run_module(cluster.arguments())
        print(f"\n{SERVICES} services from nothing: {time.monotonic() - start:.1f} s, {len(made['statements'])} statements")
        assert made["compliant"]
        cluster.settings["log_connections"] = "on"
        cluster.quiet()
        yield cluster
    finally:
        cluster.remove()


def spent() -> float:
    """CPU seconds of all processes that were waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def test_a_run_with_nothing_to_do(crowd: Crowd) -> None:
    arguments = crowd.arguments()
    run_module(arguments)  # the first to read a row notes on it that it is committed
    before, sessions = crowd.rows(NEXT_TRANSACTION), counted(crowd)
    read, start, cpu = len(crowd.log), time.monotonic(), spent()
    found = run_module(arguments)
    wall, cpu = time.monotonic() - start, spent() - cpu
    assert (found["changed"], found["statements"], found["violations"], found["compliant"]) == (False, [], [], True)
    opened = Counter(AUTHORIZED.findall(crowd.log[read:]))
    assert crowd.rows(NEXT_TRANSACTION) == before
    assert len(opened) == VISITED
    print(f"{SERVICES} services, nothing to do: {wall:.2f} s, {cpu:.2f} s of CPU, {opened.total()} connections")
    assert {database: count for database, count in opened.items() if count > 1} in ({}, {"postgres": 2})
    assert opened.total() <= 1 + VISITED
    ours = 2  # of these tests between the two counts: NEXT_TRANSACTION, and counting itself
    eventually(crowd, sessions + opened.total() + ours)
    assert wall < 60 and cpu < 30  # seconds, not minutes


@pytest.mark.parametrize("mode", ["audit", "enforce"])
def test_the_engine_counts_as_the_server_does(crowd: Crowd, mode: str) -> None:
    server = Server({"host": str(crowd.folder), "port": crowd.port, "user": "postgres"}, "postgres")
    request, read = face.request(crowd.arguments(mode=mode, lock_timeout="3s")), len(crowd.log)
    outcome = engine.check(server, request) if mode == "audit" else engine.enforce(server, request)
    assert result.of(outcome)["violations"] == []
    assert server.opened == len(AUTHORIZED.findall(crowd.log[read:]))
    assert server.opened <= 1 + VISITED


def counted(crowd: Crowd) -> int:
    """How many sessions the server's statistics know of."""
    (total,), = crowd.rows("SELECT sum(sessions)::int8 FROM pg_stat_database")
    return int(total)


def eventually(crowd: Crowd, sessions: int) -> None:
    """Sessions are counted a little after they begin; each look is one more."""
    looks, end = 0, time.monotonic() + 10
    while (now := counted(crowd)) < sessions + looks:
        assert time.monotonic() < end, (now, sessions + looks)
        looks += 1
        time.sleep(0.2)
    assert now <= sessions + looks + 1
