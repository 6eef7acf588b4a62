"""Promises of the modes, the lock, the exceptions: each once."""

from __future__ import annotations

import os
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import engine
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import ServerError
from live.engine.cases import assert_no_secrets, rules, states, told
from live.engine.facts import Fact, facts
from live.engine.mess import plant_mess
from live.engine.neighborhood import BOTH, WATCHER, Neighborhood
from live.engine.state import assert_nothing_lost, state_of
from live.postgres import programs

ALL = ("safe", "disruptive", "removal")


def sessions(library: Neighborhood, role: str) -> int:
    """How many sessions a role has."""
    return int(library.sql(f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{role}'")[0][0])


def test_everything_at_once(library: Neighborhood) -> None:
    plant_mess(library)
    before = state_of(library)
    foretold, ended = library.foretell(), library.enforce()
    assert foretold["statements"] == ended["statements"]
    assert told(foretold) == told(ended)
    assert rules(ended) <= {"role-unallocated", "schema-table-undeclared"}, told(ended)
    library.work()
    assert_nothing_lost(library, before)
    assert library.enforce()["statements"] == []


def test_additive_takes_nothing_away(library: Neighborhood) -> None:
    plant_mess(library)
    library.sql('DROP DATABASE "Odd ""db"" 100%s.x\\é"')
    library.sql("DROP OWNED BY loans_reader", "loans")
    library.sql("REVOKE loans_owner FROM loans_reader GRANTED BY catalogue_web; DROP ROLE loans_reader")
    before = facts(library)
    with closing(library.cluster.admin("loans")) as session:
        foretold, done = library.foretell(mode="additive"), library.enforce(mode="additive")
        assert session.closed == 0
    after = facts(library)
    assert before <= after, before - after
    created = {fact for fact in after - before if fact[0] in ("role", "database", "member", "setting")}
    assert {fact[:2] for fact in created if fact[0] in ("role", "database")} == {
        ("role", "loans_reader"),
        ("database", 'Odd "db" 100%s.x\\é'),
    }
    assert not [fact for fact in created if fact[0] == "member"]
    assert foretold["statements"] == done["statements"]
    assert {"owner-object", "secret-drift", "limit-role", "database-public-connect"} <= rules(done), told(done)
    assert not done["compliant"]
    assert library.enforce(mode="additive")["statements"] == []


def test_safe_remedies_end_no_session(library: Neighborhood) -> None:
    library.sql("CREATE ROLE stranger LOGIN PASSWORD 'fake-for-a-stranger-3'; GRANT CONNECT ON DATABASE loans TO stranger")
    library.doors(opened=True)
    with closing(library.login("stranger", "loans", "fake-for-a-stranger-3")) as session:
        library.doors(opened=False)
        done = library.enforce(remedies=["safe"])
        assert rules(done) == {"role-unallocated", "live-session"}, told(done)
        session.cursor().execute("SELECT 1")
        done = library.enforce(remedies=["disruptive"])
        assert rules(done) == {"role-unallocated"}, told(done)
        assert sessions(library, "stranger") == 0


def undo(library: Neighborhood, path: Path) -> None:
    """What a human does with the file."""
    environment = {
        **os.environ,
        "PGHOST": str(library.cluster.folder),
        "PGPORT": str(library.cluster.port),
        "PGUSER": "postgres",
    }
    subprocess.run([programs()[1] / "psql", "-X", "-q", "-d", "postgres", "-f", path], check=True, env=environment)


def test_undo(library: Neighborhood, tmp_path: Path) -> None:
    plant_mess(library)
    before, path = facts(library), tmp_path / "undo.sql"
    assert library.enforce(undo_file=str(path))["changed"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert facts(library) != before
    undo(library, path)
    assert facts(library) == before
    for changed in (True, False):  # the earlier file is kept, and a run that changes nothing writes none
        assert library.enforce(undo_file=str(path))["changed"] == changed
        assert len(list(tmp_path.iterdir())) == 2


def test_undo_leaves_what_was_created(library: Neighborhood, tmp_path: Path) -> None:
    library.sql("DROP DATABASE catalogue")
    library.sql("ALTER ROLE loans_reader NOLOGIN")
    before, path = facts(library), tmp_path / "undo.sql"
    library.enforce(undo_file=str(path))
    undo(library, path)
    after = facts(library)
    assert before <= after

    def new(fact: Fact) -> bool:
        return "catalogue" in fact or fact[0].endswith(" in catalogue")

    assert {fact for fact in after - before if not new(fact) and fact[0] != "setting"} == set()


def test_nothing_is_changed_where_undo_cannot_be_written(library: Neighborhood, tmp_path: Path) -> None:
    plant_mess(library)
    before = facts(library)
    with pytest.raises(ServerError, match="undo file .*missing.* cannot be written: No such file"):
        library.enforce(undo_file=str(tmp_path / "missing" / "undo.sql"))
    assert facts(library) == before


def test_only_the_named_services_are_changed(library: Neighborhood) -> None:
    library.sql("GRANT CONNECT ON DATABASE loans, catalogue TO PUBLIC")
    done = library.enforce(services=["loans"])
    assert [violation["service"] for violation in states(done)] == ["catalogue"]
    assert done["statements"] == ['REVOKE CONNECT ON DATABASE "loans" FROM PUBLIC']


def test_an_exception_holds_until_its_day(library: Neighborhood) -> None:
    accepted = {"rule": "database-public-connect", "object": "loans", "reason": "a move", "expires": "2026-12-31"}
    library.patch({"servers": {"shelf.example": {"exceptions": [accepted]}}})
    library.sql("GRANT CONNECT ON DATABASE loans TO PUBLIC")
    done = library.enforce(today="2026-12-31")
    assert (done["changed"], done["compliant"], rules(done, "excepted")) == (False, True, {"database-public-connect"})
    found = library.check(today="2027-01-01")
    assert (found["compliant"], rules(found)) == (False, {"database-public-connect"})
    assert library.enforce(today="2027-01-01")["compliant"]


def test_the_lock_names_its_holder(library: Neighborhood, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_LOCK_PATIENCE", 0.3)
    library.sql("GRANT CONNECT ON DATABASE loans TO PUBLIC")
    with library.server(application_name="the other run").cursor() as cursor:
        engine.wait_alone(cursor)
        with pytest.raises(ServerError, match="another run is at work.*the other run, as postgres from the local socket"):
            library.enforce()
        assert rules(library.check()) == {"database-public-connect"}  # who only looks needs no lock
    assert library.enforce()["compliant"]


def test_a_locked_table_is_left_for_the_next_run(library: Neighborhood) -> None:
    library.sql("ALTER TABLE loan OWNER TO postgres; ALTER TABLE return_slip OWNER TO postgres", "loans")
    with closing(library.login("loans_reader", "loans")) as session:
        session.cursor().execute("SELECT count(*) FROM loan")  # an open transaction: its lock stays
        done = library.enforce()
        assert [violation["object"] for violation in states(done, "deferred")] == ["public.loan"], told(done)
        assert not done["compliant"]
        assert rules(done, "open") == set()
        assert library.sql("SELECT count(*) FROM pg_locks WHERE NOT granted") == [(0,)]
    assert library.enforce()["compliant"]


def test_another_cluster_is_refused(library: Neighborhood) -> None:
    ((identifier,),) = library.sql("SELECT system_identifier::text FROM pg_control_system()")
    library.patch({"servers": {"shelf.example": {"system_identifier": identifier}}})
    assert library.check()["compliant"]
    library.sql("GRANT CONNECT ON DATABASE loans TO PUBLIC")
    library.patch({"servers": {"shelf.example": {"system_identifier": "7400000000000000001"}}})
    for work in (library.check, library.foretell, library.enforce):
        with pytest.raises(ServerError, match=f"its system identifier is {identifier}, the matrix says 7400000000000000001"):
            work()
    assert library.sql("SELECT has_database_privilege('catalogue_web', 'loans', 'CONNECT')") == [(True,)]


def test_who_may_not_look(library: Neighborhood) -> None:
    library.doors(opened=True)
    library.sql("ALTER ROLE watcher CONNECTION LIMIT 9")
    server = library.server(host="127.0.0.1", user=WATCHER[0], password=WATCHER[1])
    found = library.check(server)
    assert "world-unreadable" in rules(found, "unchecked"), told(found)
    assert not found["compliant"]
    with pytest.raises(ServerError, match="is no superuser"):
        engine.enforce(server, library.request())


def test_no_server_yet(library: Neighborhood) -> None:
    away = library.server(port=1)
    with pytest.raises(ServerError):
        engine.check(away, library.request())
    outcome = engine.foretell(away, library.request())
    assert outcome.notes
    assert outcome.changed
    assert "from an empty one" in outcome.notes[0]


def test_what_is_there_counts_as_applied(library: Neighborhood) -> None:
    library.sql("DROP SCHEMA good_neighbor CASCADE", "loans")
    before = state_of(library)
    done = library.enforce(baseline=["loans"])
    assert (done["compliant"], rules(done, "remedied")) == (True, {"schema-unbaselined"}), told(done)
    assert library.sql("SELECT path, state FROM good_neighbor.schema_file", "loans") == [
        ("schemas/loans/001.sql", "baseline")
    ]
    assert state_of(library).rows == before.rows
    assert library.enforce()["violations"] == []


def test_a_visit_to_each_database_and_no_more(library: Neighborhood) -> None:
    server = library.server()
    engine.check(server, library.request())
    # what is shared is read over the session in the maintenance database
    visited = len(["loans", "catalogue", "odd", "old_letters", "postgres", "template1"])
    assert server.opened == visited
    library.sql("GRANT CONNECT ON DATABASE loans TO PUBLIC; GRANT pg_read_all_data TO watcher")
    library.sql("GRANT SELECT ON loan TO PUBLIC", "loans")
    server = library.server()
    engine.enforce(server, library.request())
    # before and after; what is shared is changed over the first session, what is inside over one of its own
    assert server.opened == visited + 1 + visited - 1
    server = library.server()
    engine.enforce(server, library.request())
    assert server.opened == visited


def test_the_owner_lays_traps(library: Neighborhood) -> None:
    """What a database's owner can prepare for whoever comes in: settings, and functions in the way of PostgreSQL's own."""
    library.sql('ALTER TABLE loan OWNER TO postgres; GRANT SELECT ON loan TO "=odd/reader,{}"', "loans", None)
    library.sql("CREATE TABLE caught (by text); GRANT INSERT ON caught TO PUBLIC", "loans", "loans_owner")
    for function in ("format(text)", "upper(text)", "unnest(text[])", "now()"):
        library.sql(
            f"CREATE FUNCTION {function} RETURNS text LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.caught"
            " VALUES (current_user); RETURN 1; END'",
            "loans",
            "loans_owner",
        )
    for setting in (
        "search_path = public, pg_catalog",
        "statement_timeout = 1",
        "default_transaction_read_only = on",
        "client_encoding = 'LATIN1'",
        "row_security = off",
        "quote_all_identifiers = on",
        "datestyle = 'SQL, DMY'",
        "standard_conforming_strings = off",
        "backslash_quote = off",
        "lock_timeout = 1",
    ):
        library.sql(f"ALTER DATABASE loans SET {setting}", "postgres", "loans_owner")
    done = library.enforce()
    assert rules(done) == {"schema-table-undeclared"}, told(done)
    assert library.sql("SELECT count(*) FROM public.caught", "loans") == [(0,)]
    library.sql("DROP FUNCTION public.format(text), public.upper(text), public.unnest(text[]), public.now()", "loans")
    library.work()


def test_secrets_stay_secret(library: Neighborhood, tmp_path: Path) -> None:
    """Passwords and verifiers: not in what is returned, not in the server's log; the same search finds a planted one."""
    plant_mess(library)
    stored = dict(library.sql("SELECT rolname, rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL"))
    library.cluster.restart(log_statement="all", log_min_duration_statement="0", log_min_error_statement="debug5")
    results = [library.check(), library.foretell(), library.enforce(remedies=BOTH, undo_file=str(tmp_path / "undo.sql"))]
    assert_no_secrets(library, *results)
    stored |= dict(library.sql("SELECT rolname || ' now', rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL"))
    words = {*stored.values(), *library.secrets.values(), "fake-typed-by-somebody-3"}
    log = library.cluster.log
    assert "pg_try_advisory_lock" not in log  # no statement of ours is there at all
    assert not [word for word in words if word in log]
    library.sql(f"ALTER ROLE loans_owner PASSWORD '{library.secrets['loans_owner']}'")
    assert library.secrets["loans_owner"] in library.cluster.log
