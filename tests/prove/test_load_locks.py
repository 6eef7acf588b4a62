"""A SELECT that runs for a minute, or for GN_LONG_SELECT seconds, in the way of a run, and two runs at once."""

from __future__ import annotations

import os
import threading
import time
from contextlib import closing

from live.engine.cases import rules, states
from live.engine.neighborhood import Neighborhood
from live.engine.test_locks import MOMENT, VIEWS, readers
from live.proofs.house import House, start_module
from live.proofs.house import result_of as returned

SECONDS = int(os.environ.get("GN_LONG_SELECT", "60"))


def test_nobody_queues_behind_a_run_that_meets_a_long_select(library: Neighborhood) -> None:
    library.sql(VIEWS, "loans")
    library.sql("ALTER ROLE loans_reader CONNECTION LIMIT 5")
    done, runs, ended = dict[str, object](), 0, threading.Event()

    def long_select() -> None:
        with closing(library.login("loans_reader", "loans")) as session:
            session.cursor().execute(f"SET statement_timeout = 0; SELECT pg_sleep({SECONDS}) FROM loan LIMIT 1")
        ended.set()

    thread = threading.Thread(target=long_select)
    thread.start()
    with readers(library) as waiting:
        time.sleep(1)
        while not ended.wait(1):
            done = library.enforce()
            runs += 1
            if not ended.is_set():
                assert {row["object"] for row in states(done, "deferred")} >= {"public.loan"}
    thread.join()
    print(f"{runs} runs in {SECONDS} s, each left what it could not lock; {waiting.looks} reads of others, "
          f"the longest took {waiting.longest * 1000:.0f} ms, {len(waiting.failures)} failed")
    assert (waiting.failures, waiting.longest < MOMENT, runs > 3) == ([], True, True)
    done = library.enforce()
    assert rules(done, "deferred") == set()
    assert done["compliant"]


def test_two_controllers_at_once(house: House) -> None:
    arguments = house.arguments()
    processes = [start_module(arguments) for _number in range(2)]
    results = [returned(process) for process in processes]
    assert all(result is not None and result["compliant"] for result in results)
    changed = [result["changed"] for result in results if result is not None]
    print(f"two runs at once: changed {changed}")
    assert sorted(changed) == [False, True]  # one waited, and found nothing left to do
