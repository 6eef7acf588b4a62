"""The analytics reader reads all of voice_ninja, and writes nothing."""

from __future__ import annotations

from contextlib import closing

import psycopg2
import pytest
from live.proofs.attempts import not_refused, state
from live.proofs.doors import password
from live.proofs.house import BY_HAND, House, checksums, run_module

READER, OWNER, HOME = "voice_ninja_analytics", "voice_ninja_user", "voice_ninja"
LATER = """
CREATE TABLE later (id int PRIMARY KEY, note text);
INSERT INTO later VALUES (1, 'made afterwards');
CREATE VIEW later_view AS SELECT * FROM later;
CREATE MATERIALIZED VIEW later_kept AS SELECT * FROM later;
CREATE TABLE later_parted (id int, note text) PARTITION BY LIST (id);
CREATE TABLE later_part PARTITION OF later_parted DEFAULT;
INSERT INTO later_parted VALUES (1, 'made afterwards');
CREATE SEQUENCE later_number;
CREATE FUNCTION later_write() RETURNS void LANGUAGE sql AS 'INSERT INTO public.later VALUES (2)';
CREATE PROCEDURE later_delete() LANGUAGE plpgsql AS 'BEGIN DELETE FROM public.later; END';
CREATE SCHEMA aside;
CREATE TABLE aside.later (id int, note text);
INSERT INTO aside.later VALUES (1, 'made afterwards');
"""
READABLE = ("later", "later_view", "later_kept", "later_parted", "later_part")
WRITES = f"""
INSERT INTO later VALUES (3)
UPDATE later SET note = 'x'
DELETE FROM later
TRUNCATE later
TRUNCATE companion_memories CASCADE
MERGE INTO later USING (SELECT 1 AS it) AS one ON later.id = one.it WHEN MATCHED THEN DELETE
INSERT INTO later VALUES (1) ON CONFLICT (id) DO UPDATE SET note = 'x'
WITH gone AS (DELETE FROM later RETURNING 1) SELECT * FROM gone
EXPLAIN ANALYZE DELETE FROM later
INSERT INTO later_view VALUES (3)
DELETE FROM later_parted
SELECT FROM later FOR UPDATE
SELECT FROM later FOR KEY SHARE
LOCK TABLE later IN ROW SHARE MODE
LOCK TABLE later IN ACCESS EXCLUSIVE MODE
DO 'BEGIN DELETE FROM public.later; END'
SELECT later_write()
CALL later_delete()
SELECT nextval('later_number')
SELECT setval('companion_memories_id_seq', 1)
REFRESH MATERIALIZED VIEW later_kept
COPY later FROM PROGRAM 'echo 3'
COPY later TO '/tmp/later'
COPY (SELECT 1) TO PROGRAM 'cat'
CREATE TABLE mine ()
CREATE TABLE aside.mine ()
CREATE TABLE mine AS SELECT * FROM later
SELECT * INTO mine FROM later
CREATE TEMPORARY TABLE mine ()
SELECT * INTO TEMPORARY mine FROM later
CREATE TEMPORARY SEQUENCE mine
CREATE VIEW mine AS SELECT 1
CREATE TEMPORARY VIEW mine AS SELECT 1
CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'
CREATE FUNCTION pg_temp.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'
CREATE TYPE mine AS (one int)
CREATE SCHEMA mine
CREATE EXTENSION pg_trgm
CREATE PUBLICATION mine
CREATE ROLE mine
CREATE INDEX ON later (note)
CREATE STATISTICS mine ON id, note FROM later
CREATE RULE mine AS ON DELETE TO later DO INSTEAD NOTHING
CREATE TRIGGER mine BEFORE INSERT ON later EXECUTE FUNCTION suppress_redundant_updates_trigger()
CREATE POLICY mine ON later
CREATE CAST (int AS point) WITH INOUT
ALTER TABLE later ADD mine int
ALTER TABLE later OWNER TO {READER}
ALTER SCHEMA public OWNER TO {READER}
ALTER DATABASE {HOME} SET work_mem = '1MB'
ALTER ROLE {READER} CREATEDB
ALTER ROLE {READER} CONNECTION LIMIT 100
ALTER ROLE {OWNER} PASSWORD 'fake-taken-over'
ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT INSERT ON TABLES TO {READER}
GRANT {OWNER} TO {READER}
GRANT pg_write_all_data TO {READER}
SET ROLE {OWNER}
SET SESSION AUTHORIZATION {OWNER}
SET session_replication_role = replica
SET log_statement = none
REASSIGN OWNED BY {OWNER} TO {READER}
DROP OWNED BY {OWNER}
DROP TABLE later
COMMENT ON TABLE later IS 'mine'
REINDEX TABLE later
CLUSTER later USING later_pkey
UPDATE pg_catalog.pg_class SET relname = relname
DELETE FROM pg_catalog.pg_authid
INSERT INTO good_neighbor.schema_file SELECT FROM good_neighbor.schema_file
SELECT lo_import('/etc/hostname')
SELECT pg_read_file('/etc/hostname')
SELECT pg_create_restore_point('mine')
SELECT pg_switch_wal()
SELECT pg_stat_reset()
SELECT pg_replication_origin_create('mine')
SELECT pg_create_logical_replication_slot('mine', 'pgoutput')
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{OWNER}' OR usename = 'postgres'
CHECKPOINT
""".strip().splitlines()
ALONE = ("CREATE DATABASE mine", "ALTER SYSTEM SET statement_timeout = 0", f"DROP DATABASE {HOME}")  # not in a block
LARGE_OBJECTS = ("SELECT lo_create(0)", "SELECT lo_creat(-1)", "SELECT lo_from_bytea(0, 'mine')")


@pytest.fixture
def grown(tidy: House) -> House:
    """voice_ninja, in which Bob GPT has gone on."""
    with closing(tidy.enter(OWNER, password(OWNER), HOME)) as session, session.cursor() as cursor:
        cursor.execute(LATER)
    return tidy


def test_reads_everything(grown: House) -> None:
    tables = checksums(grown, HOME)
    assert len(tables) == 9 + 2  # and later, later_part
    with closing(grown.enter(READER, password(READER), HOME)) as session, session.cursor() as cursor:
        for table, (count, _checksum) in tables.items():
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone() == (count,)
        for name in READABLE:
            cursor.execute(f"SELECT note FROM {name}")
            assert cursor.fetchall() == [("made afterwards",)], name
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):  # a new schema: from the next run on
            cursor.execute("SELECT note FROM aside.later")
        assert run_module(grown.arguments())["compliant"]
        cursor.execute("SELECT note FROM aside.later")
        assert cursor.fetchall() == [("made afterwards",)]


def test_writes_nothing(grown: House) -> None:
    before = state(grown, HOME)
    with closing(grown.admin(HOME)), closing(grown.enter(READER, password(READER), HOME)) as session:
        assert not_refused(session, WRITES) == {}
        assert not_refused(session, ALONE, block=False) == {}
        with session.cursor() as cursor:  # no right to give: PostgreSQL warns, and gives nothing
            cursor.execute(f"GRANT INSERT ON later TO {READER}")
            cursor.execute(f"SELECT has_table_privilege('{READER}', 'later', 'INSERT')")
            assert cursor.fetchone() == (False,)
    assert state(grown, HOME) == before


def test_large_objects_that_it_makes_are_taken_from_it(tidy: House) -> None:
    """PostgreSQL lets every role make them (docs/decisions/large-objects.md); none stays its own."""
    with closing(tidy.enter(READER, password(READER), HOME)) as session:
        assert not_refused(session, LARGE_OBJECTS).keys() == set(LARGE_OBJECTS)
        session.autocommit = True
        with session.cursor() as cursor:
            cursor.execute("SELECT lo_from_bytea(0, 'mine')")
            (made,) = cursor.fetchone()
    result = run_module(tidy.arguments())
    told = [(violation["rule"], violation["role"], violation["state"]) for violation in result["violations"]
            if violation["object"] == str(made)]
    assert told == [("owner-object", READER, "remedied")]
    with closing(tidy.enter(READER, password(READER), HOME)) as session:
        attempts = (f"SELECT lo_get({made})", f"SELECT lo_put({made}, 0, 'more')", f"SELECT lo_unlink({made})")
        assert not_refused(session, attempts) == {}


def test_large_objects_can_be_closed_to_it_by_hand(tidy: House) -> None:
    functions = "FUNCTION lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea)"
    with closing(tidy.admin(HOME)) as session, session.cursor() as cursor:
        session.autocommit = True
        cursor.execute(f"REVOKE EXECUTE ON {functions} FROM PUBLIC; GRANT EXECUTE ON {functions} TO {OWNER}")
    result = run_module(tidy.arguments())
    assert (result["compliant"], result["changed"]) == (True, False), result["statements"]
    with closing(tidy.enter(READER, password(READER), HOME)) as session:
        assert not_refused(session, LARGE_OBJECTS) == {}
    with closing(tidy.enter(OWNER, password(OWNER), HOME)) as session:
        assert not_refused(session, LARGE_OBJECTS).keys() == set(LARGE_OBJECTS)


def test_what_postgresql_lets_every_role_do_to_itself_is_taken_back(tidy: House) -> None:
    before = state(tidy, HOME)
    with closing(tidy.enter(READER, password(READER), HOME)) as session, session.cursor() as cursor:
        cursor.execute(f"ALTER ROLE {READER} SET work_mem = '1GB'")
        cursor.execute(f"ALTER ROLE {READER} IN DATABASE {HOME} SET search_path = aside")
        cursor.execute("ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC")
        cursor.execute(f"ALTER ROLE {READER} PASSWORD '{BY_HAND[1]}'")
        cursor.execute(f"DROP OWNED BY {READER}")
    assert state(tidy, HOME) != before
    assert run_module(tidy.arguments())["compliant"]
    assert state(tidy, HOME) == before
    tidy.enter(READER, password(READER), HOME).close()
