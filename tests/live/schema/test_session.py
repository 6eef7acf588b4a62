"""The owner's session: what it is like, what becomes of it, and why it may not come about."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import SchemaFileError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema.apply import SchemaFileDeferred
from live.embedded import EMBEDDED, Server
from live.schema.conftest import Place, drop_place, make_place, until


def test_the_owner_sees_its_own_search_path_and_no_limits_of_time(server: Server) -> None:
    place = make_place(server, settings="""
        ALTER DATABASE {database} SET statement_timeout = '100ms';
        ALTER DATABASE {database} SET default_transaction_read_only = on;
        ALTER DATABASE {database} SET standard_conforming_strings = off;
        ALTER ROLE {owner} SET search_path = app, public;
        ALTER ROLE {owner} SET client_encoding = 'LATIN1';
        ALTER ROLE {owner} SET idle_in_transaction_session_timeout = '100ms'""")
    place.apply("CREATE SCHEMA app; CREATE TABLE a (t text); SELECT pg_sleep(0.3); INSERT INTO a VALUES ('Grüße 🐘 \\');")
    assert place.query("SELECT t FROM app.a") == [("Grüße 🐘 \\",)]
    drop_place(place)


def test_what_a_file_does_to_its_session_ends_with_it(place: Place) -> None:
    place.apply("""SET search_path = nowhere; SET default_transaction_read_only = on; CREATE TEMP TABLE t (); LISTEN x;
        SELECT pg_advisory_lock(4711); PREPARE p AS SELECT 1; DECLARE c CURSOR WITH HOLD FOR SELECT 1;""", "schemas/0.sql")
    assert not place.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'")
    place.apply("CREATE TABLE a ();")
    assert ("public", "a", place.owner) in place.relations()


def test_a_lock_is_not_waited_for(place: Place) -> None:
    place.apply("CREATE TABLE a ();", "schemas/0.sql")
    holder = place.connect_as(place.owner, str(place.password))
    holder.cursor().execute("LOCK TABLE a IN ACCESS SHARE MODE")
    with pytest.raises(SchemaFileDeferred, match="lock timeout"):
        place.apply("ALTER TABLE a ADD COLUMN i int;", lock_timeout="50ms")
    holder.close()
    assert place.files() == [("schemas/0.sql", "applied")]
    assert place.apply("ALTER TABLE a ADD COLUMN i int;")


def test_an_owner_without_login_has_one_only_while_it_connects(closed_place: Place) -> None:
    place = closed_place
    state = "SELECT rolcanlogin, rolconnlimit, rolpassword, rolvaliduntil FROM pg_authid WHERE rolname = %s"
    seen = []

    def connect_as(role: str, password: str) -> Any:
        seen.append(place.query(state, place.owner)[0])
        return place.connect_as(role, password)

    text = "CREATE TABLE {0} AS SELECT rolcanlogin FROM pg_roles WHERE rolname = current_user;"
    place.apply(text.format("a"), connect_as=connect_as)
    place.apply(text.format("b"), "schemas/b.sql", connect_as=connect_as)
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
        place.apply("CREATE TABLE a ();", patience=0.3)
    assert str(place.password) not in str(error.value)


@pytest.mark.parametrize("method", ["peer", "reject"])
def test_where_pg_hba_has_no_line_for_the_owner(place: Place, tmp_path: Path, method: str) -> None:
    hba = tmp_path / "pg_hba.conf"
    try:
        for line, works in ((f"local all all {method}", False), ("local all all scram-sha-256", True)):
            hba.write_text(f"local all postgres scram-sha-256\n{line}\n")
            subprocess.run([EMBEDDED, "start", place.server.folder, hba], check=True)
            until(lambda line=line: place.query(
                "SELECT 1 FROM pg_hba_file_rules WHERE auth_method = %s AND user_name = '{all}'", line.split()[-1]))
            if works:
                assert place.apply("CREATE TABLE a ();")
            else:
                with pytest.raises(SchemaFileError, match="must be let in with its password .* add a line for"):
                    place.apply("CREATE TABLE a ();")
    finally:
        assert "local all all scram-sha-256" in (place.server.folder / "data" / "pg_hba.conf").read_text()


def test_no_secret_reaches_the_log(closed_place: Place) -> None:
    seen = []

    def connect_as(role: str, password: str) -> Any:
        seen.append(password)
        seen.append(closed_place.query("SELECT rolpassword FROM pg_authid WHERE rolname = %s", role)[0][0])
        return closed_place.connect_as(role, password)

    closed_place.apply("CREATE TABLE planted_in_the_log ();", connect_as=connect_as)
    log = closed_place.server.log
    assert "planted_in_the_log" in log  # the file's text is no secret, and the owner cannot keep it out
    assert len(seen) == 2
    assert not [secret for secret in [*seen, seen[1].split("$")[2]] if secret in log]


def test_a_busy_service_is_waited_for(place: Place) -> None:
    place.query(f"ALTER ROLE {place.owner} CONNECTION LIMIT 1")
    busy = place.connect_as(place.owner, str(place.password))
    with pytest.raises(SchemaFileError, match="all 1 connections of the role are in use: end one of them"):
        place.apply("CREATE TABLE a ();", patience=0.3)
    busy.close()
    assert place.apply("CREATE TABLE a ();")
