"""While things change hands, what works with their owners' rights goes on: views, and foreign keys, which are checked as the
owner of a table, who enters its schema."""

from __future__ import annotations

from contextlib import closing

import psycopg2
import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import engine, result
from live.engine.cases import rules, states, told
from live.engine.neighborhood import Neighborhood
from live.engine.rightful import watching

MADE = """
CREATE ROLE founder; CREATE SCHEMA annex AUTHORIZATION founder; GRANT USAGE ON SCHEMA annex TO loans_owner;
SET SESSION AUTHORIZATION founder; CREATE TABLE annex.shelf (id int PRIMARY KEY); INSERT INTO annex.shelf VALUES (1);
CREATE TABLE annex.place (shelf int REFERENCES annex.shelf); GRANT ALL ON annex.shelf, annex.place TO loans_owner"""
PUT = "INSERT INTO annex.place VALUES (1)"


def puts(library: Neighborhood, statement: str = PUT, login: str = "loans_owner", database: str = "loans") -> str:
    """How the service's statement fares; it is taken back."""
    with closing(library.login(login, database)) as session:
        try:
            session.cursor().execute(statement)
        except psycopg2.Error as error:
            return str(error)
    return ""


@pytest.mark.parametrize("held", ["shelf", "place"])
def test_a_schema_does_not_leave_a_table_in_use_behind(library: Neighborhood, held: str) -> None:
    library.sql(MADE, "loans")
    with closing(library.cluster.admin("loans")) as session:
        session.autocommit = False
        session.cursor().execute(f"SELECT count(*) FROM annex.{held}")
        done = library.enforce()
        assert rules(done, "deferred") >= {"owner-object", "owner-schema"}, told(done)
        assert puts(library) == ""
    done = library.enforce()
    assert states(done, "deferred") == [], told(done)
    assert puts(library) == ""


def test_many_tables_and_their_schema_change_hands_in_one_transaction(library: Neighborhood) -> None:
    more = "DO $$ BEGIN FOR n IN 1..210 LOOP EXECUTE format('CREATE TABLE annex.a_%s ()', n); END LOOP; END $$"
    library.sql(f"{MADE}; {more}", "loans")
    seen: list[str] = []
    server = library.server(cursor_factory=watching(lambda: seen.append(puts(library))))
    foretold = library.foretell()
    done = result.of(engine.enforce(server, library.request()))
    assert set(seen) == {""}
    assert foretold["statements"] == done["statements"]
    assert len([text for text in done["statements"] if text.startswith('ALTER TABLE "annex"."a_')]) == 210
    assert library.enforce()["statements"] == []


@pytest.mark.parametrize(("many", "rule"), [("PUBLIC", "grant-public"), ("founders", "grant-foreign")])
def test_the_owner_of_what_is_in_use_keeps_what_he_has_as_one_of_many(library: Neighborhood, many: str, rule: str) -> None:
    library.sql("CREATE ROLE founders; CREATE ROLE founder IN ROLE founders; CREATE VIEW late AS SELECT * FROM loan;"
                f" GRANT SELECT ON loan TO {many}; ALTER VIEW late OWNER TO founder; GRANT SELECT ON late TO loans_owner;"
                " GRANT SELECT ON loan TO catalogue_web", "loans")
    with closing(library.cluster.admin("loans")) as session:
        session.autocommit = False
        session.cursor().execute("SELECT count(*) FROM late")
        done = library.enforce()
        assert rules(done, "deferred") >= {"owner-object", rule}, told(done)
        assert 'REVOKE SELECT ON TABLE "public"."loan" FROM "catalogue_web"' in done["statements"]  # another service's
        assert puts(library, "SELECT count(*) FROM late") == ""
    done = library.enforce()
    assert done["compliant"], told(done)
    assert puts(library, "SELECT count(*) FROM late") == ""


def test_who_checks_a_foreign_key_enters_the_schema_as_one_of_many(library: Neighborhood) -> None:
    library.sql(f"{MADE}; RESET SESSION AUTHORIZATION; ALTER SCHEMA annex OWNER TO loans_owner;"
                " GRANT USAGE ON SCHEMA annex TO PUBLIC; ALTER TABLE annex.place OWNER TO loans_owner", "loans")
    with closing(library.cluster.admin("loans")) as session:
        session.autocommit = False
        session.cursor().execute("SELECT count(*) FROM annex.shelf")
        done = library.enforce()
        assert rules(done, "deferred") >= {"owner-object", "grant-public"}, told(done)
        assert puts(library) == ""
    library.enforce()
    assert puts(library) == ""


def test_who_checks_a_foreign_key_enters_schema_public_before_the_database_is_its_own(library: Neighborhood) -> None:
    library.sql("ALTER DATABASE catalogue OWNER TO postgres")
    library.sql("REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO catalogue_web;"
                " CREATE TABLE shelf (id int PRIMARY KEY); INSERT INTO shelf VALUES (1);"
                " CREATE TABLE place (shelf int REFERENCES shelf);"
                " GRANT SELECT, INSERT ON shelf, place TO catalogue_web", "catalogue")
    seen: list[str] = []
    put = ("INSERT INTO place VALUES (1)", "catalogue_web", "catalogue")
    server = library.server(cursor_factory=watching(lambda: seen.append(puts(library, *put))))
    engine.enforce(server, library.request())
    assert set(seen) == {""}
    assert library.enforce()["statements"] == []
