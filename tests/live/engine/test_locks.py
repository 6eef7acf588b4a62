"""Nobody queues behind a run: what cannot have its lock is left, told, and done by the next run."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import preflight
from live.engine.cases import rules, states, told
from live.engine.neighborhood import Neighborhood

MOMENT = 0.5  # seconds that nobody may have to wait; on an idle machine it is 0.02
VIEWS = """
ALTER TABLE loan OWNER TO postgres; ALTER VIEW overdue OWNER TO postgres; ALTER TABLE return_slip OWNER TO postgres"""


class Waiting:
    """The longest time that a reader of the tables had to wait, in seconds, how often it looked, and what it met."""

    longest, looks = 0.0, 0
    failures: list[str]

    def __init__(self) -> None:
        self.failures = []


@contextmanager
def readers(library: Neighborhood) -> Iterator[Waiting]:
    """While it lasts, two readers read what the service has, again and again, in sessions of their own."""
    found, ended = Waiting(), threading.Event()

    def read(table: str) -> None:
        with closing(library.login("loans_reader", "loans")) as session:
            session.autocommit = True
            while not ended.is_set():
                start = time.monotonic()
                try:
                    session.cursor().execute(f"SELECT count(*) FROM {table}")
                except psycopg2.Error as error:
                    found.failures.append(f"{table}: {error}")
                found.longest = max(found.longest, time.monotonic() - start)
                found.looks += 1
                time.sleep(0.002)

    threads = [threading.Thread(target=read, args=(table,)) for table in ("loan", "overdue")]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def test_a_long_select_is_in_the_way(library: Neighborhood) -> None:
    library.sql(VIEWS, "loans")
    library.sql("ALTER ROLE loans_reader CONNECTION LIMIT 5")
    with closing(library.login("loans_reader", "loans")) as session:
        session.cursor().execute("SELECT count(*) FROM loan")  # an open transaction: its lock stays
        with readers(library) as waiting:
            done = library.enforce()
        assert {v["object"] for v in states(done, "deferred")} >= {"public.loan", "public.overdue"}, told(done)
        assert not done["compliant"]
        assert not [text for text in done["statements"] if '"loan"' in text or '"overdue"' in text], done["statements"]
        assert 'ALTER TABLE "public"."return_slip" OWNER TO "loans_owner"' in done["statements"]
        assert [note for note in done["notes"] if "public.loan" in note and "could not obtain lock" in note], done["notes"]
        assert waiting.longest < MOMENT, waiting.longest
        assert (waiting.failures, waiting.looks > 20) == ([], True)
    again = library.enforce()
    assert again["compliant"], told(again)
    assert library.enforce()["statements"] == []


def test_everything_waits_only_where_it_must(library: Neighborhood) -> None:
    """The services of other databases, and what this one's readers do not need, are put right in the same run."""
    library.sql(VIEWS, "loans")
    library.sql("GRANT CONNECT ON DATABASE catalogue TO PUBLIC; GRANT pg_read_all_data TO watcher")
    library.sql("GRANT SELECT ON return_slip TO PUBLIC; GRANT SELECT ON loan TO PUBLIC", "loans")
    with closing(library.cluster.admin("loans")) as session:
        session.autocommit = False
        session.cursor().execute("LOCK TABLE loan IN ACCESS SHARE MODE")
        done = library.enforce()
        assert "REVOKE CONNECT ON DATABASE \"catalogue\" FROM PUBLIC" in done["statements"]
        assert [text for text in done["statements"] if text.startswith('REVOKE "pg_read_all_data" FROM "watcher"')]
        assert 'REVOKE SELECT ON TABLE "public"."return_slip" FROM PUBLIC' in done["statements"]
        assert rules(done, "deferred") >= {"owner-object"}
        assert rules(done, "open") <= {"grant-public"}, told(done)
    assert library.enforce()["compliant"]


def test_no_change_without_what_must_come_before_it(library: Neighborhood) -> None:
    """The reader reads through PUBLIC; its own grant cannot be made now, so PUBLIC keeps it."""
    library.sql("REVOKE SELECT ON loan FROM loans_reader; GRANT SELECT ON loan TO PUBLIC", "loans")
    with closing(library.cluster.admin("loans")) as session:
        session.autocommit = False
        session.cursor().execute("GRANT INSERT ON loan TO loans_owner")  # the table's row of the catalog is not free
        done = library.enforce()
        assert done["statements"] == [], done["statements"]
        assert (rules(done, "deferred"), done["changed"]) == ({"grant-missing", "grant-public"}, False), told(done)
        library.work()
    done = library.enforce()
    assert done["compliant"]
    assert len(done["statements"]) == 2


@pytest.mark.parametrize("what", ["dropped", "renamed"])
def test_what_is_gone_meanwhile_holds_nobody_up(library: Neighborhood, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    library.sql("CREATE TABLE scrap (); CREATE TABLE other ()", "loans")
    library.sql("GRANT loans_owner TO catalogue_web")  # a road that is closed only once what comes before it is done
    look = preflight.reasons

    def meanwhile(*given: Any) -> list[str]:
        library.sql("DROP TABLE scrap" if what == "dropped" else "ALTER TABLE scrap RENAME TO scraps", "loans")
        return look(*given)

    monkeypatch.setattr(preflight, "reasons", meanwhile)
    done = library.enforce()
    assert 'ALTER TABLE "public"."other" OWNER TO "loans_owner"' in done["statements"]
    if what == "renamed":
        assert 'ALTER TABLE "public"."scraps" OWNER TO "loans_owner"' in done["statements"]  # by its second look
    assert rules(done) == {"schema-table-undeclared"}, told(done)
    monkeypatch.undo()
    assert library.enforce()["statements"] == []


def test_many_tables_change_hands_in_several_transactions(library: Neighborhood) -> None:
    """More than one transaction takes; a view goes with its tables, and one that is in use with nothing else."""
    library.sql("DO $$ BEGIN FOR n IN 1..230 LOOP EXECUTE format('CREATE TABLE many_%s (id int)', n); END LOOP; END $$;"
                " CREATE VIEW both_ends AS SELECT a.id FROM many_1 a, many_230 b", "loans")
    with closing(library.cluster.admin("loans")) as session:
        session.autocommit = False
        session.cursor().execute("SELECT count(*) FROM many_7")
        done = library.enforce()
    assert [v["object"] for v in states(done, "deferred") if v["rule"] == "owner-object"] == ["public.many_7"], told(done)
    owners = "SELECT relowner::regrole::text, count(*) FROM pg_class WHERE relname ~ '^(many_|both_)' GROUP BY 1 ORDER BY 1"
    assert library.sql(owners, "loans") == [("loans_owner", 230), ("postgres", 1)]
    library.enforce()
    assert library.sql(owners, "loans") == [("loans_owner", 231)]
