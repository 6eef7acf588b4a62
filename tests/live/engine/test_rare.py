"""What few databases have is read wherever it is, and only there."""

from __future__ import annotations

from contextlib import closing

from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog import rare
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog.database import rare_objects
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog.row_security import ROW_SECURITY
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog.things import COLUMNS, THINGS, VECTORS
from live.engine.neighborhood import Neighborhood

NOBODY = 1  # no role's oid: whatever can have an owner has another one
BORN = 715  # initdb writes its last function or view a bit earlier, and makes template0 a bit later
ALL = (*rare_objects(NOBODY, BORN), *rare.filled(THINGS, born=BORN), *VECTORS, COLUMNS, *ROW_SECURITY)
PLANTED = """
SET allow_system_table_mods = on;
CREATE SEQUENCE q; CREATE TYPE c AS (a int); GRANT USAGE ON TYPE c TO loans_reader;
CREATE TABLE t (id int, embedding float8[]) PARTITION BY LIST (id); CREATE TABLE p PARTITION OF t DEFAULT;
UPDATE pg_type SET typacl = '{=U/loans_owner}' WHERE typname = 't'; GRANT SELECT (id) ON t TO loans_reader;
CREATE DOMAIN vector AS float8[]; CREATE TABLE v (v vector);
ALTER TABLE v ENABLE ROW LEVEL SECURITY; CREATE VIEW vv AS SELECT v FROM v;
CREATE FUNCTION f() RETURNS int SECURITY DEFINER LANGUAGE sql AS 'SELECT 1'; ALTER EXTENSION plpgsql ADD FUNCTION f();
CREATE FUNCTION i(text) RETURNS text LANGUAGE internal AS 'pg_read_file_all'; ALTER EXTENSION plpgsql ADD FUNCTION i(text);
ALTER FUNCTION pg_catalog.random() SET work_mem = '1MB';
CREATE FOREIGN DATA WRAPPER w; CREATE SERVER sv FOREIGN DATA WRAPPER w; CREATE USER MAPPING FOR PUBLIC SERVER sv;
CREATE PUBLICATION pb; SELECT lo_create(0);
CREATE COLLATION o (LOCALE = 'C'); CREATE CONVERSION cv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE OPERATOR <=> (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
CREATE OPERATOR CLASS oc FOR TYPE int USING hash AS OPERATOR 1 <=>; CREATE STATISTICS st ON id, embedding FROM p;
CREATE TEXT SEARCH DICTIONARY td (TEMPLATE = simple); CREATE TEXT SEARCH CONFIGURATION ts (COPY = simple);
UPDATE pg_language SET lanpltrusted = true WHERE lanname = 'c';
UPDATE pg_extension SET extowner = 'loans_reader'::regrole;
CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; ALTER FUNCTION e() SET work_mem = '1MB';
CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION e(); ALTER EVENT TRIGGER e DISABLE;
CREATE TABLE far (id int) TABLESPACE far;
CREATE POLICY l ON pg_class; CREATE RULE r AS ON UPDATE TO pg_cast DO INSTEAD NOTHING;
CREATE OR REPLACE VIEW pg_catalog.pg_timezone_abbrevs AS
  SELECT ''::text AS abbrev, interval '1' AS utc_offset, false AS is_dst;
CREATE TRIGGER g BEFORE TRUNCATE ON pg_cast EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE CAST (point AS int) WITH INOUT;
CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal));
CREATE ACCESS METHOD am TYPE INDEX HANDLER bthandler;
CREATE TEXT SEARCH PARSER tp (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE tt (LEXIZE = dsimple_lexize)"""


def found_and_missed(library: Neighborhood, database: str) -> tuple[frozenset[rare.Rare], list[rare.Rare]]:
    """What there may be of it, and what of the rest has rows."""
    with library.server().cursor(database) as cursor:
        found = rare.there(cursor, ALL)
        return found, [one for one in ALL if one not in found and rare.read(cursor, [one], frozenset([one]))]


def test_all_of_it_is_there(library: Neighborhood) -> None:
    for name in ("far", "farther"):
        library.sql(f"CREATE TABLESPACE {name} LOCATION ''")
    library.sql("ALTER DATABASE loans SET TABLESPACE farther")
    library.sql(PLANTED, "loans")
    with library.server().cursor("loans") as cursor:
        nothing = [one for one in ALL if not rare.read(cursor, [one], frozenset([one]))]
    assert nothing == []
    assert found_and_missed(library, "loans") == (frozenset(ALL), [])


def test_what_a_superusers_session_keeps_for_itself_is_passed_over(library: Neighborhood) -> None:
    with closing(library.cluster.admin("loans")) as session:
        session.cursor().execute("""
            CREATE TEMPORARY TABLE t (a int, b int); CREATE STATISTICS pg_temp.st ON a, b FROM t;
            CREATE OPERATOR pg_temp.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
            CREATE COLLATION pg_temp.c (LOCALE = 'C')""")
        assert library.check()["violations"] == []


def test_little_of_it_is_there(library: Neighborhood) -> None:
    found, missed = found_and_missed(library, "postgres")
    assert missed == []
    assert found == frozenset()
    assert found_and_missed(library, "loans")[1] == []
