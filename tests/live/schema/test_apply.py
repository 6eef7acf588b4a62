"""Schema files on a real server: as the owner, once, and nothing left behind by one that fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import SchemaFileError, ServerError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema import records
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema.apply import (
    SchemaFileDeferred,
)
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema.files import Record, SchemaFile
from live.schema.conftest import PATH, Place, superuser, until


def refused(place: Place, text: str, **options: Any) -> str:
    """The error of a file that must fail, which must leave nothing behind."""
    before = place.relations()
    with pytest.raises(SchemaFileError) as error:
        place.apply(text, **options)
    assert place.relations() == before
    assert place.files() == []
    assert not place.query("SELECT 1 FROM pg_stat_activity WHERE usename = %s", place.owner)
    return str(error.value)


def test_applied_once_by_the_owner(place: Place) -> None:
    text = "CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1);"
    assert place.apply(text)
    assert not place.apply(text)
    assert ("public", "a", place.owner) in place.relations()
    assert place.query("SELECT id FROM public.a") == [(1,)]
    assert place.query(
        "SELECT state, xid, cluster, applied_at >= started_at, checksum FROM good_neighbor.schema_file"
    ) == [("applied", None, None, True, SchemaFile(PATH, text).checksum)]


def test_an_altered_file_is_refused(place: Place) -> None:
    place.apply("CREATE TABLE a ();")
    with pytest.raises(SchemaFileError, match=r"a\.sql was changed after it had been applied"):
        place.apply("CREATE TABLE a (); CREATE TABLE b ();")


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
    place.apply("SELECT 1", "schemas/first.sql")
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


def test_percent_signs_and_many_statements(place: Place) -> None:
    place.apply("CREATE TABLE a (t text);\n" + "INSERT INTO a VALUES ('100 % of %s and %(x)s {{ y }}');\n" * 1000)
    assert place.query("SELECT count(*), min(t) FROM public.a") == [(1000, "100 % of %s and %(x)s {{ y }}")]


def test_a_session_that_is_ended_in_the_middle(place: Place) -> None:
    message = refused(place, "CREATE TABLE a ();\nSELECT pg_terminate_backend(pg_backend_pid());")
    assert "the owner's session ended before the file did" in message


def test_the_superusers_session_that_is_ended_before_the_record(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    started = records.started
    lost = place.admin

    def end_and_start(cursor: Any, file: SchemaFile, xid: str) -> bool:
        admin = superuser(place.server)
        admin.cursor().execute("SELECT pg_terminate_backend(%s)", (lost.info.backend_pid,))
        until(lambda: not _sessions(admin, lost.info.backend_pid))
        admin.close()
        return started(cursor, file, xid)

    monkeypatch.setattr(records, "started", end_and_start)
    with pytest.raises(ServerError, match="the next run finds out"):
        place.apply("CREATE TABLE a ();")
    monkeypatch.undo()
    place.admin = superuser(place.server, place.database)
    assert place.files() == []
    assert place.apply("CREATE TABLE a ();")


def _sessions(admin: Any, pid: int) -> bool:
    cursor = admin.cursor()
    cursor.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", (pid,))
    return bool(cursor.rowcount)


def test_two_runs_at_once_apply_a_file_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.apply("CREATE TABLE a (i int)", "schemas/0.sql")
    started = records.started

    def late(cursor: Any, file: SchemaFile, xid: str) -> bool:
        monkeypatch.setattr(records, "started", started)
        assert place.apply(file.text)  # another run is quicker
        return started(cursor, file, xid)

    monkeypatch.setattr(records, "started", late)
    with pytest.raises(SchemaFileDeferred, match="another run"):
        place.apply("INSERT INTO a VALUES (1)")
    assert place.query("SELECT i FROM public.a") == [(1,)]


def _leave(place: Place, end: Callable[[Any], None], *, cluster: str = "system_identifier") -> Any:
    """The record that a killed run leaves, of a transaction that `end` ends."""
    place.apply("CREATE TABLE a (i int)", "schemas/0.sql")
    session = place.connect_as(place.owner, str(place.password))
    cursor = session.cursor()
    cursor.execute("INSERT INTO a VALUES (1); SELECT pg_current_xact_id()::text")
    xid = cursor.fetchone()[0]
    place.query(
        "INSERT INTO good_neighbor.schema_file"
        f" SELECT %s, %s, 'started', %s::xid8, {cluster}, now() FROM pg_control_system()",
        PATH, SchemaFile(PATH, "INSERT INTO a VALUES (1)").checksum, xid,
    )
    end(session)
    return session


@pytest.mark.parametrize(("end", "again"), [("commit", False), ("rollback", True)])
def test_what_a_killed_run_left_is_decided_by_its_transaction(place: Place, end: str, again: bool) -> None:
    _leave(place, lambda session: getattr(session, end)()).close()
    assert place.apply("INSERT INTO a VALUES (1)") is again
    assert place.query("SELECT i FROM public.a") == [(1,)]
    assert dict(place.files()) == {"schemas/0.sql": "applied", PATH: "applied"}


def test_a_transaction_that_goes_on_is_waited_for(place: Place) -> None:
    session = _leave(place, lambda _session: None)
    with pytest.raises(SchemaFileDeferred, match="another run is applying it"):
        place.apply("INSERT INTO a VALUES (1)", patience=0.2)
    session.close()
    assert place.apply("INSERT INTO a VALUES (1)")


def test_a_transaction_of_another_cluster_is_for_a_human(place: Place) -> None:
    _leave(place, lambda session: session.commit(), cluster="system_identifier + 1").close()
    assert [found.outcome for found in records.read(place.admin.cursor())] == [None, None]
    with pytest.raises(SchemaFileError, match="nobody can tell any more"):
        place.apply("INSERT INTO a VALUES (1)")
    place.query("UPDATE good_neighbor.schema_file SET state = 'applied', xid = NULL, cluster = NULL WHERE path = %s", PATH)
    assert not place.apply("INSERT INTO a VALUES (1)")


def test_a_baseline_decides_too(place: Place) -> None:
    _leave(place, lambda session: session.commit(), cluster="system_identifier + 1").close()
    file = SchemaFile(PATH, "INSERT INTO a VALUES (1)")
    assert records.record_baseline(place.admin.cursor(), [file]) == (PATH,)
    assert not place.apply(file.text)


def test_a_session_without_autocommit_is_refused(place: Place) -> None:
    place.admin.autocommit = False
    with pytest.raises(ValueError, match="committed"):
        place.apply("CREATE TABLE a ();")
    place.admin.rollback()


def test_baseline(place: Place) -> None:
    files = [SchemaFile("a.sql", "CREATE TABLE a ();"), SchemaFile("b.sql", "CREATE TABLE b ();")]
    assert place.apply(files[0].text, "a.sql")
    assert records.record_baseline(place.admin.cursor(), files) == ("b.sql",)
    assert records.record_baseline(place.admin.cursor(), files) == ()
    assert records.read(place.admin.cursor()) == (
        Record("a.sql", files[0].checksum, "applied"), Record("b.sql", files[1].checksum, "baseline"))
    assert not place.apply(files[1].text, "b.sql")
    assert ("public", "b", place.owner) not in place.relations()
