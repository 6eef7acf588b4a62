"""Every safe remedy there is, under live load of all services: no failure that a rightful login sees."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing

import psycopg2
import pytest
from live.engine.cases import Case, here, load as cases, plant, rules, told
from live.engine.mess import plant_mess
from live.engine.neighborhood import Neighborhood
from live.engine.rightful import tasks, works
from prove.load import load

SAFE = [case for case in cases() if case.kind == "safe" and "safe" in case.remedies]
RUNS = 3  # what met a lock is tried again


def services(library: Neighborhood, failed: set[tuple[str, str, str]]) -> list[Callable[[], None]]:
    """A work for each rightful login: it enters, does what it can, and notes what it cannot."""
    def work_of(login: str, database: str, statements: list[str]) -> Callable[[], None]:
        def work() -> None:
            try:
                session = library.login(login, database)
            except psycopg2.OperationalError:
                failed.update((login, database, statement) for statement in statements)
                return
            with closing(session), session.cursor() as cursor:
                for statement in statements:
                    try:
                        cursor.execute(statement)
                    except psycopg2.Error:
                        failed.add((login, database, statement))
                    session.rollback()

        return work

    return [work_of(login, database, statements) for (login, database), statements in tasks(library).items()]


def assert_it_works_throughout(library: Neighborhood) -> str:
    """While runs end what is wrong, what worked before and works after works all the time."""
    first, failed = works(library), set[tuple[str, str, str]]()
    with load(services(library, failed), rate=200, clients=2) as found:
        for _run in range(RUNS):
            done = library.enforce(remedies=("safe",))
            if not rules(done, "deferred"):
                break
    last = works(library)
    broken = failed & first & last
    assert broken == set(), (broken, done["statements"])
    assert first <= last, (first - last, done["statements"])
    assert rules(done, "deferred") == set(), told(done)
    return str(found)


@pytest.mark.parametrize("case", here(SAFE), ids=lambda case: case.id)
def test_a_safe_remedy_breaks_nothing(library: Neighborhood, case: Case) -> None:
    library.patch(case.matrix)
    library.doors(opened=False)
    with ExitStack() as stack:
        plant(library, case, stack)
        print(case.id, assert_it_works_throughout(library))


def test_all_at_once(library: Neighborhood) -> None:
    plant_mess(library)
    found = [row for row in library.check()["violations"] if row["remedy_kind"] == "safe"]
    assert len(found) >= 30, len(found)
    print(f"{len(found)} safe violations,", assert_it_works_throughout(library))
    again = library.enforce(remedies=("safe",))
    assert (again["changed"], again["statements"]) == (False, [])


def test_thirty_violations_end_in_one_run(library: Neighborhood) -> None:
    plant_mess(library)
    before = [row for row in library.check()["violations"] if row["remedy_kind"] == "safe"]
    done = library.enforce(remedies=("safe",))
    left = [row for row in done["violations"] if row["state"] != "remedied" and row["remedy_kind"] == "safe"]
    assert (len(before) >= 30, left) == (True, []), told(done)
    again = library.enforce(remedies=("safe",))
    print(f"{len(before)} safe violations ended by {len(done['statements'])} statements; the second run: none")
    assert (again["changed"], again["statements"]) == (False, [])
