"""Schema files on a real server: as the owner, once, and nothing left behind by one that fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import SchemaFileError, ServerError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema import records
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema.apply import (
    SchemaFileDeferred,
    apply_file,
)
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema.files import Record, SchemaFile
from live.schema.conftest import Place, Server, drop_place, make_place, until

PATH = "schemas/a.sql"


def run(place: Place, text: str, path: str = PATH, **options: Any) -> bool:
    """Apply a file of this text."""
    given: dict[str, Any] = {
        "admin": place.admin, "connect_as": place.connect_as, "owner": place.owner, "password": place.password, **options,
    }
    return apply_file(SchemaFile(path, text), **given)


def refused(place: Place, text: str, **options: Any) -> str:
    """The error of a file that must fail, which must leave nothing behind."""
    before = place.relations()
    with pytest.raises(SchemaFileError) as error:
        run(place, text, **options)
    assert place.relations() == before
    assert place.files() == []
    assert not place.query("SELECT 1 FROM pg_stat_activity WHERE usename = %s", place.owner)
    return str(error.value)


def test_applied_once_by_the_owner(place: Place) -> None:
    assert run(place, "CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1);")
    assert not run(place, "CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1);")
    assert ("public", "a", place.owner) in place.relations()
    assert place.query("SELECT id FROM public.a") == [(1,)]
    assert place.query(
        "SELECT state, xid, cluster, applied_at >= started_at, checksum FROM good_neighbor.schema_file"
    ) == [("applied", None, None, True, SchemaFile(PATH, "CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1);").checksum)]


def test_an_altered_file_is_refused(place: Place) -> None:
    run(place, "CREATE TABLE a ();")
    with pytest.raises(SchemaFileError, match=r"a\.sql was changed after it had been applied"):
        run(place, "CREATE TABLE a (); CREATE TABLE b ();")


@pytest.mark.parametrize(("text", "line", "said"), [
    ("CREATE TABLE a ();\nSELEC 1;\n", 2, 'syntax error at or near "SELEC"'),
    ("CREATE TABLE a ();\n\n\nSELECT ü,\n b FROM a;", 4, 'column "ü" does not exist'),
    ("CREATE TABLE a ();\n-- again\nCREATE TABLE\na ();", 3, 'relation "a" already exists'),
    ("CREATE TABLE a (i int);\nINSERT INTO a SELECT 1 / 0;", 2, "division by zero"),
    ("CREATE TABLE a ();\nDO $$ BEGIN\nRAISE EXCEPTION 'no way' USING HINT = 'turn back'; END $$;", 2, "no way. turn back"),
    ("CREATE TABLE a ();\nDO $$ BEGIN\nCOMMIT; END $$;", 2, "invalid transaction termination"),
    ("CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN COMMIT; END';\nCALL p();", 2, "invalid transaction termination"),
    ("CREATE TABLE a ();\nDO $$ BEGIN EXECUTE 'COMMIT'; END $$;", 2, "EXECUTE of transaction commands is not implemented"),
    ("CREATE TABLE a ();\nCREATE ROLE stranger;", 2, "permission denied to create role"),
    ("CREATE TABLE a ();\nGRANT pg_read_all_data TO CURRENT_USER;", 2, ""),
    ("CREATE TABLE a ();\nRESET SESSION AUTHORIZATION; SET ROLE postgres;", 2, "permission denied to set role"),
    ("CREATE TABLE a ();\nSELECT * FROM good_neighbor.schema_file;", 2, "permission denied for schema good_neighbor"),
    ("CREATE TABLE a ();\nDROP SCHEMA good_neighbor CASCADE;", 2, "must be owner of schema good_neighbor"),
    ("CREATE TABLE a ();\nCOMMIT;", 2, "COMMIT is a transaction command"),
])
def test_a_failing_file_names_line_and_cause_and_leaves_nothing(place: Place, text: str, line: int, said: str) -> None:
    run(place, "SELECT 1", "schemas/first.sql")
    place.query("DELETE FROM good_neighbor.schema_file")
    message = refused(place, text)
    assert message.startswith(f"{PATH}:{line}: ")
    assert said in message


def test_a_constraint_that_fails_at_the_end(place: Place) -> None:
    message = refused(place, (
        "CREATE TABLE a (i int PRIMARY KEY); CREATE TABLE b (i int REFERENCES a DEFERRABLE INITIALLY DEFERRED);"
        "INSERT INTO b VALUES (4711);"
    ))
    assert "at the end of its transaction" in message
    assert "4711" not in message  # rows are nobody's business


def test_the_values_of_rows_stay_out_of_messages(place: Place) -> None:
    message = refused(place, "CREATE TABLE a (i int PRIMARY KEY);\nINSERT INTO a VALUES (4711), (4711);")
    assert message.startswith(f"{PATH}:2: duplicate key value")
    assert "4711" not in message


def test_the_owner_sees_its_own_search_path_and_no_limits_of_time(server: Server) -> None:
    place = make_place(server, settings="""
        ALTER DATABASE {database} SET statement_timeout = '100ms';
        ALTER DATABASE {database} SET default_transaction_read_only = on;
        ALTER DATABASE {database} SET standard_conforming_strings = off;
        ALTER ROLE {owner} SET search_path = app, public;
        ALTER ROLE {owner} SET client_encoding = 'LATIN1';
        ALTER ROLE {owner} SET idle_in_transaction_session_timeout = '100ms'""")
    run(place, "CREATE SCHEMA app; CREATE TABLE a (t text); SELECT pg_sleep(0.3); INSERT INTO a VALUES ('Grüße 🐘 \\');")
    assert place.query("SELECT t FROM app.a") == [("Grüße 🐘 \\",)]
    drop_place(place)


def test_what_a_file_does_to_its_session_ends_with_it(place: Place) -> None:
    run(place, """SET search_path = nowhere; SET default_transaction_read_only = on; CREATE TEMP TABLE t (); LISTEN x;
        SELECT pg_advisory_lock(4711); PREPARE p AS SELECT 1; DECLARE c CURSOR WITH HOLD FOR SELECT 1;""", "schemas/0.sql")
    assert not place.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'")
    run(place, "CREATE TABLE a ();")
    assert ("public", "a", place.owner) in place.relations()


def test_percent_signs_and_many_statements(place: Place) -> None:
    run(place, "CREATE TABLE a (t text);\n" + "INSERT INTO a VALUES ('100 % of %s and %(x)s {{ y }}');\n" * 1000)
    assert place.query("SELECT count(*), min(t) FROM public.a") == [(1000, "100 % of %s and %(x)s {{ y }}")]


def test_a_lock_is_not_waited_for(place: Place) -> None:
    run(place, "CREATE TABLE a ();", "schemas/0.sql")
    holder = place.connect_as(place.owner, str(place.password))
    holder.cursor().execute("LOCK TABLE a IN ACCESS SHARE MODE")
    with pytest.raises(SchemaFileDeferred, match="lock timeout"):
        run(place, "ALTER TABLE a ADD COLUMN i int;", lock_timeout="50ms")
    holder.close()
    assert place.files() == [("schemas/0.sql", "applied")]
    assert run(place, "ALTER TABLE a ADD COLUMN i int;")


def test_an_owner_without_login_has_one_only_while_it_connects(closed_place: Place) -> None:
    place = closed_place
    state = "SELECT rolcanlogin, rolconnlimit, rolpassword, rolvaliduntil FROM pg_authid WHERE rolname = %s"
    seen = []

    def connect_as(role: str, password: str) -> Any:
        seen.append(place.query(state, place.owner)[0])
        return place.connect_as(role, password)

    text = "CREATE TABLE {0} AS SELECT rolcanlogin FROM pg_roles WHERE rolname = current_user;"
    run(place, text.format("a"), connect_as=connect_as)
    run(place, text.format("b"), "schemas/b.sql", connect_as=connect_as)
    assert [row[:2] for row in seen] == [(True, 1)] * 2  # and not refused for a session of the first file
    assert seen[0][2] != seen[1][2]
    assert all(row[3] is not None for row in seen)
    assert place.query("SELECT * FROM public.a UNION ALL SELECT * FROM public.b") == [(False,)] * 2
    place.query("SET datestyle = 'ISO'")
    assert place.query(state.replace("rolvaliduntil", "rolvaliduntil::text"), place.owner) == [(False, -1, None, "infinity")]
    assert ("public", "a", place.owner) in place.relations()


@pytest.mark.parametrize(("change", "said"), [
    ("ALTER ROLE {owner} PASSWORD 'another-fake-one'", "pg_hba.conf"),
    ("ALTER ROLE {owner} NOLOGIN", "no LOGIN"),
    ("ALTER ROLE {owner} VALID UNTIL '2001-01-01'", "password has expired"),
    ("REVOKE CONNECT ON DATABASE {database} FROM {owner}", "grant it CONNECT"),
    ("ALTER ROLE {owner} CONNECTION LIMIT 0", "all 0 connections of the role are in use"),
    ("ALTER DATABASE {database} CONNECTION LIMIT 0", "connections of database .* are in use"),
])
def test_why_the_owner_gets_no_session(place: Place, change: str, said: str) -> None:
    place.query(change.format(owner=place.owner, database=place.database))
    with pytest.raises(SchemaFileError, match=f"no session of owner {place.owner}.*{said}") as error:
        run(place, "CREATE TABLE a ();", patience=0.3)
    assert str(place.password) not in str(error.value)


def test_a_busy_service_is_waited_for(place: Place) -> None:
    place.query(f"ALTER ROLE {place.owner} CONNECTION LIMIT 1")
    busy = place.connect_as(place.owner, str(place.password))
    with pytest.raises(SchemaFileError, match="all 1 connections of the role are in use: end one of them"):
        run(place, "CREATE TABLE a ();", patience=0.3)
    busy.close()
    assert run(place, "CREATE TABLE a ();")


def test_a_session_that_is_ended_in_the_middle(place: Place) -> None:
    message = refused(place, "CREATE TABLE a ();\nSELECT pg_terminate_backend(pg_backend_pid());")
    assert "the owner's session ended before the file did" in message


def test_the_superusers_session_that_is_ended_before_the_record(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    started = records.started
    lost = place.admin

    def end_and_start(cursor: Any, file: SchemaFile, xid: str) -> bool:
        admin = place.server.admin()
        admin.cursor().execute("SELECT pg_terminate_backend(%s)", (lost.info.backend_pid,))
        until(lambda: not _sessions(admin, lost.info.backend_pid))
        admin.close()
        return started(cursor, file, xid)

    monkeypatch.setattr(records, "started", end_and_start)
    with pytest.raises(ServerError, match="the next run finds out"):
        run(place, "CREATE TABLE a ();")
    monkeypatch.undo()
    place.admin = place.server.admin(place.database)
    assert place.files() == []
    assert run(place, "CREATE TABLE a ();")


def _sessions(admin: Any, pid: int) -> bool:
    cursor = admin.cursor()
    cursor.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", (pid,))
    return bool(cursor.rowcount)


def test_two_runs_at_once_apply_a_file_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    run(place, "CREATE TABLE a (i int)", "schemas/0.sql")
    started = records.started

    def late(cursor: Any, file: SchemaFile, xid: str) -> bool:
        monkeypatch.setattr(records, "started", started)
        assert run(place, file.text)  # another run is quicker
        return started(cursor, file, xid)

    monkeypatch.setattr(records, "started", late)
    with pytest.raises(SchemaFileDeferred, match="another run"):
        run(place, "INSERT INTO a VALUES (1)")
    assert place.query("SELECT i FROM public.a") == [(1,)]


def _leave(place: Place, end: Callable[[Any], None], *, cluster: str = "system_identifier") -> Any:
    """The record that a killed run leaves, of a transaction that `end` ends."""
    run(place, "CREATE TABLE a (i int)", "schemas/0.sql")
    session = place.connect_as(place.owner, str(place.password))
    cursor = session.cursor()
    cursor.execute("INSERT INTO a VALUES (1); SELECT pg_current_xact_id()::text")
    xid = cursor.fetchone()[0]
    place.query(
        f"INSERT INTO good_neighbor.schema_file SELECT %s, %s, 'started', %s::xid8, {cluster}, now() FROM pg_control_system()",
        PATH, SchemaFile(PATH, "INSERT INTO a VALUES (1)").checksum, xid,
    )
    end(session)
    return session


@pytest.mark.parametrize(("end", "again"), [("commit", False), ("rollback", True)])
def test_what_a_killed_run_left_is_decided_by_its_transaction(place: Place, end: str, again: bool) -> None:
    _leave(place, lambda session: getattr(session, end)()).close()
    assert run(place, "INSERT INTO a VALUES (1)") is again
    assert place.query("SELECT i FROM public.a") == [(1,)]
    assert dict(place.files()) == {"schemas/0.sql": "applied", PATH: "applied"}


def test_a_transaction_that_goes_on_is_waited_for(place: Place) -> None:
    session = _leave(place, lambda _session: None)
    with pytest.raises(SchemaFileDeferred, match="another run is applying it"):
        run(place, "INSERT INTO a VALUES (1)", patience=0.2)
    session.close()
    assert run(place, "INSERT INTO a VALUES (1)")


def test_a_transaction_of_another_cluster_is_for_a_human(place: Place) -> None:
    _leave(place, lambda session: session.commit(), cluster="system_identifier + 1").close()
    assert [found.outcome for found in records.read(place.admin.cursor())] == [None, None]
    with pytest.raises(SchemaFileError, match="nobody can tell any more"):
        run(place, "INSERT INTO a VALUES (1)")
    file = SchemaFile(PATH, "INSERT INTO a VALUES (1)")
    assert records.record_baseline(place.admin.cursor(), [file]) == (PATH,)
    assert not run(place, file.text)


def test_a_session_without_autocommit_is_refused(place: Place) -> None:
    place.admin.autocommit = False
    with pytest.raises(ValueError, match="committed"):
        run(place, "CREATE TABLE a ();")
    place.admin.rollback()


def test_baseline(place: Place) -> None:
    files = [SchemaFile("a.sql", "CREATE TABLE a ();"), SchemaFile("b.sql", "CREATE TABLE b ();")]
    assert run(place, files[0].text, "a.sql")
    assert records.record_baseline(place.admin.cursor(), files) == ("b.sql",)
    assert records.record_baseline(place.admin.cursor(), files) == ()
    assert records.read(place.admin.cursor()) == (
        Record("a.sql", files[0].checksum, "applied"), Record("b.sql", files[1].checksum, "baseline"))
    assert not run(place, files[1].text, "b.sql")
    assert ("public", "b", place.owner) not in place.relations()
