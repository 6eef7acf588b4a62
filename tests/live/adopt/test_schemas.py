"""Dumped schemas are schema files: the owner can run them, and they make what was there."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.adopt.dump import dump, program
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.adopt.dump_text import NotAcceptable
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema.text import refusals
from live.adopt.drafts import connection, drafted, sql
from live.postgres import Cluster, programs

# what a service's own migrations have made
MIGRATED = r"""CREATE TYPE mood AS ENUM ('fine', 'E''\so');
CREATE DOMAIN positive AS int CHECK (value > 0);
CREATE SCHEMA "Odd ""s"" x";
CREATE TABLE "Odd ""s"" x"."T;able" (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mood mood, n positive DEFAULT 1);
CREATE TABLE parts (day date, n serial) PARTITION BY RANGE (day);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE INDEX parts_n ON parts (n) WHERE n > 0;
CREATE VIEW seen AS SELECT day, count(*) FROM parts GROUP BY day;
CREATE MATERIALIZED VIEW sums AS SELECT sum(n) FROM parts;
CREATE FUNCTION quoted(text) RETURNS text LANGUAGE plpgsql AS $f$
BEGIN
-- \restrict is no command here; nor is COPY t FROM stdin
  RETURN $x$ ;'; $x$ || E'\\' || $1;
END $f$;
CREATE FUNCTION atomic(int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN $1 > 0 THEN 1 ELSE 2 END; SELECT 3; END;
CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER touch BEFORE UPDATE ON parts FOR EACH ROW EXECUTE FUNCTION touched();
ALTER TABLE parts ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON parts USING (true);
CREATE EXTENSION pg_trgm;
COMMENT ON TABLE parts IS 'it''s; "all"';
COMMENT ON FUNCTION quoted(text) IS E'two\nlines'"""


def dumped(cluster: Cluster, database: str) -> str:
    """The schema file of a database, by the server's own pg_dump."""
    command = program(None, str(programs()[1]))
    assert command is not None
    return dump(command, connection(cluster).parameters, database, "3s")


def test_the_owner_can_run_it(bare: Cluster) -> None:
    sql(bare, "CREATE ROLE app LOGIN;\nCREATE DATABASE app OWNER app;\nCREATE DATABASE copy OWNER app")
    with closing(bare.admin("app")) as session, session.cursor() as cursor:
        cursor.execute("SET SESSION AUTHORIZATION app")
        cursor.execute(MIGRATED)
    text = dumped(bare, "app")
    assert refusals("app.sql", text) == []
    assert "EXTENSION" not in text
    sql(bare, "CREATE EXTENSION pg_trgm", "copy")
    with closing(bare.admin("copy")) as session, session.cursor() as cursor:
        cursor.execute("SET SESSION AUTHORIZATION app")
        cursor.execute(text)  # as one statement of several, as the schema engine runs it
    again = dumped(bare, "copy")
    assert again.splitlines()[1:] == text.splitlines()[1:]


def test_what_cannot_be_dumped_is_told(bare: Cluster) -> None:
    sql(
        bare,
        "CREATE ROLE app LOGIN;\nCREATE DATABASE app OWNER app;\nCREATE DATABASE fine OWNER app;\nCREATE DATABASE shut"
        " ALLOW_CONNECTIONS false",
    )
    sql(
        bare,
        "CREATE EXTENSION postgres_fdw;\nCREATE SERVER away FOREIGN DATA WRAPPER postgres_fdw;\n"
        "CREATE USER MAPPING FOR app SERVER away OPTIONS (user 'x', password 'fake-of-the-neighbour')",
        "app",
    )
    draft = drafted(bare, schemas="/schemas")
    assert [file["path"] for file in draft.result["schema_files"]] == ["/schemas/fine.sql"]
    assert draft.row("fine").schema_files == ("/schemas/fine.sql",)
    assert "the schema of database app has no file: it has CREATE SERVER" in "\n".join(draft.result["draft"]["notes"])
    assert "fake-of-the-neighbour" not in str(draft.result)


def test_a_table_that_is_locked_is_not_waited_for(bare: Cluster) -> None:
    sql(bare, "CREATE DATABASE app")
    sql(bare, "CREATE TABLE t ()", "app")
    with closing(bare.admin("app")) as session, session.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE t")
        with pytest.raises(NotAcceptable, match="pg_dump"):
            dump(str(program(None, str(programs()[1]))), connection(bare).parameters, "app", "100ms")


def test_no_program(bare: Cluster, tmp_path: Path) -> None:
    sql(bare, "CREATE DATABASE app")
    draft = drafted(bare, schemas="/schemas", pg_dump=str(tmp_path / "none"))
    assert draft.result["schema_files"] == []
    assert "cannot be run: No such file" in "\n".join(draft.result["draft"]["notes"])
