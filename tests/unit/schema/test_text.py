"""What is refused in a schema file, and what only looks like it."""

from __future__ import annotations

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema.text import created_tables, refusals

REFUSED = {
    "psql command": (r"\restrict abc", 1, "psql"),
    "psql command with a quote": ("SELECT 1;\n\\echo it's\nSELECT 2;", 2, "psql"),
    "psql command behind a statement": ("SELECT 1 \\gset\n;", 1, "psql"),
    "copy from the client": ("COPY t (a) FROM stdin;\nit's a row\n\\.\n", 1, "COPY"),
    "copy to the client": ('copy "T" to STDOUT', 1, "COPY"),
    "index concurrently": ("\n\nCREATE UNIQUE INDEX CONCURRENTLY i ON t (a);", 3, "CONCURRENTLY"),
    "drop concurrently": ("DROP INDEX concurrently i", 1, "CONCURRENTLY"),
    "detach concurrently": ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", 1, "CONCURRENTLY"),
    "begin": ("Begin;", 1, "BEGIN"),
    "begin behind comments": ("/* a /* b */ */ -- c\nBEGIN WORK", 2, "BEGIN"),
    "start": ("START /* x */ TRANSACTION READ ONLY;", 1, "START TRANSACTION"),
    "commit": ("SELECT 1;COMMIT", 1, "COMMIT"),
    "commit prepared": ("COMMIT PREPARED 'x'", 1, "COMMIT"),
    "end": ("end;", 1, "END"),
    "rollback": ("ROLLBACK;", 1, "ROLLBACK"),
    "abort": ("abort;", 1, "ABORT"),
    "savepoint": ("SAVEPOINT a;", 1, "SAVEPOINT"),
    "release": ("RELEASE a;", 1, "RELEASE"),
    "prepare": ("PREPARE TRANSACTION 'x';", 1, "PREPARE TRANSACTION"),
    "vacuum": ("VACUUM (ANALYZE) t;", 1, "VACUUM"),
    "create database": ("CREATE DATABASE d;", 1, "CREATE DATABASE"),
    "drop database": ("DROP DATABASE d;", 1, "DROP DATABASE"),
    "tablespace": ("CREATE TABLESPACE s LOCATION '/x';", 1, "CREATE TABLESPACE"),
    "alter system": ("ALTER SYSTEM SET work_mem = '1GB';", 1, "ALTER SYSTEM"),
    "discard": ("DISCARD ALL", 1, "DISCARD ALL"),
    "cluster": ("CLUSTER;", 1, "CLUSTER"),
    "reindex": ("REINDEX DATABASE;", 1, "REINDEX DATABASE"),
    "password": ("ALTER ROLE anna WITH LOGIN PASSWORD 'fake'", 1, "password"),
    "nul": ("SELECT 1;\n\0", 2, "NUL"),
    "not utf-8": ("SELECT 1;\n-- \udcff", 2, "UTF-8"),
    "byte order mark": ("\ufeffSELECT 1;", 1, "byte order mark"),
    "open string": ("SELECT 1;\nSELECT 'it\n", 2, "never ends"),
    "open comment": ("/* /* */\n", 1, "never ends"),
    "open dollar": ("SELECT $a$ $b$", 1, "never ends"),
    "open escape": (r"SELECT E'\'", 1, "never ends"),
    "after a body": (
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; END;\nCOMMIT;", 2, "COMMIT"),
    "after a rule": ("CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM a; DELETE FROM b);\nEND;", 2, "END"),
    "after an escape": ("SELECT 'a\\';\nCOMMIT; --'", 2, "COMMIT"),
    "after a closing parenthesis too many": ("SELECT 1);\nCOMMIT;", 2, "COMMIT"),
}

ALLOWED = {
    "nothing": "",
    "only comments": "-- COMMIT;\n/* BEGIN; /* COMMIT; */ \\d */",
    "string": "SELECT 'COMMIT; \\d', 'it''s; COMMIT;';",
    "escape string": r"SELECT E'it\'s; \\', E'a\\'; SELECT 2;",
    "continued escape string": "SELECT E'a'\n -- why\n 'b\\'; COMMIT;';",
    "unicode string": r"SELECT U&'\0041; COMMIT;', U&""\0041"";" .replace('""', '"'),
    "bits": "SELECT B'01', x'1F', N'COMMIT;';",
    "quoted names": 'CREATE TABLE "COMMIT; ""x"" \\" ("begin" int);',
    "dollar": "DO $$ BEGIN COMMIT; END $$; DO $a$ $$; COMMIT; $b$ $a$;",
    "dollar with unicode": "DO $größe$ COMMIT; $größe$;",
    "dollar inside a name": "SELECT a$b$c FROM t; SELECT 1 AS x$$;",
    "parameter": "PREPARE p AS SELECT $1, $2;",
    "atomic": "CREATE OR REPLACE PROCEDURE p() LANGUAGE sql BEGIN ATOMIC\nDELETE FROM t;"
              " UPDATE t SET a = CASE b WHEN 1 THEN 2 END; SELECT t.end, 1 AS end FROM t; END;",
    "rule": "CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM a; DELETE FROM b);",
    "refresh": "REFRESH MATERIALIZED VIEW CONCURRENTLY m;",
    "columns": "CREATE TABLE t (password text, concurrently_seen int, start int, \"end\" int);",
    "copy from a table": "COPY t TO '/dev/null';",
    "operators": "SELECT a->'b' #>> '{c}', 1-- COMMIT\n+2, '{}'::jsonb @> '{}' FROM t WHERE x ~ '\\d';",
    "prepared": "PREPARE transactions AS SELECT 1;",
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_by_file_and_line(name: str) -> None:
    text, line, word = REFUSED[name]
    found = refusals("schemas/a.sql", text)
    assert len(found) == 1, found
    assert found[0].startswith(f"schemas/a.sql:{line}: ")
    assert word in found[0]


@pytest.mark.parametrize("name", ALLOWED)
def test_allowed(name: str) -> None:
    assert refusals("schemas/a.sql", ALLOWED[name]) == []


def test_all_at_once() -> None:
    found = refusals("a.sql", "BEGIN;\n\\d\nCOPY t FROM stdin;\n'\n\\.\nVACUUM;\nCOMMIT;\n")
    assert [message.split(":")[1] for message in found] == ["1", "2", "3", "6", "7"]


def test_no_secret_in_a_refusal() -> None:
    assert "s3cr3t" not in " ".join(refusals("a.sql", "CREATE USER anna PASSWORD 's3cr3t'; SELECT 's3cr3t"))


def test_created_tables() -> None:
    assert created_tables(
        """
        CREATE TABLE plain (a int); create table if not exists Lower (a int); CREATE UNLOGGED TABLE app.u (a int);
        CREATE TABLE "Quoted ""n"" x" (a int); CREATE TABLE "S"."T" AS SELECT 1; CREATE TABLE p PARTITION OF plain DEFAULT;
        CREATE TEMP TABLE t1 (a int); CREATE TEMPORARY TABLE t2 (); CREATE LOCAL TEMP TABLE t3 (); CREATE VIEW v AS SELECT 1;
        -- CREATE TABLE comment (a int);
        DO $$ BEGIN CREATE TABLE hidden (a int); END $$; CREATE TABLE"""
    ) == {(None, "plain"), (None, "lower"), ("app", "u"), (None, 'Quoted "n" x'), ("S", "T"), (None, "p")}


def test_created_tables_have_the_names_that_the_server_gives() -> None:
    long, wide = "x" * 70, "ü" * 40
    assert created_tables(f"CREATE TABLE {long} (); CREATE TABLE {wide} ();") == {(None, "x" * 63), (None, "ü" * 31)}
