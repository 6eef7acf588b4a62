"""A run that fails in the middle: what it says, what it leaves, and that the next one goes on."""

from __future__ import annotations

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.apply import Runner
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import SchemaFileError, ServerError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.items import Grant, Owner
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.model import Change
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema.files import SchemaFile
from live.engine.cases import rules, told
from live.engine.neighborhood import SOURCES, Neighborhood


def test_a_later_schema_file_fails(library: Neighborhood) -> None:
    more = (SchemaFile("b.sql", "CREATE TABLE scrap ();"), SchemaFile("c.sql", "SELECT 1 / 0;"))
    library.sources = {"loans": (*SOURCES, *more)}
    with pytest.raises(SchemaFileError, match=r"c\.sql") as failed:
        library.enforce()
    assert failed.value.changed  # the one before it was applied, and stays
    assert library.sql("SELECT to_regclass('scrap') IS NOT NULL", "loans") == [(True,)]
    with pytest.raises(SchemaFileError) as failed:
        library.enforce()
    assert not failed.value.changed


def test_the_server_refuses_a_statement(library: Neighborhood, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two tables one's change of owner is refused: neither is changed, and the reader has what it had."""
    library.sql("ALTER ROLE loans_owner CONNECTION LIMIT 4; GRANT CONNECT ON DATABASE loans TO PUBLIC")
    for table in ("loan", "return_slip"):
        library.sql(f"ALTER TABLE {table} OWNER TO postgres; GRANT ALL ON {table} TO loans_owner", "loans")
    library.sql("GRANT SELECT ON loan TO PUBLIC", "loans")
    right = Runner._statements

    def broken(self: Runner, change: Change) -> list[str]:
        item = change.item
        return ["SELECT 1 / 0"] if isinstance(item, Owner) and item.obj.name == "return_slip" else right(self, change)

    monkeypatch.setattr(Runner, "_statements", broken)
    with pytest.raises(ServerError) as failed:
        library.enforce()
    said = str(failed.value)
    for words in ('service loans, database loans', '«ALTER TABLE "public"."return_slip" OWNER TO "loans_owner"»',
                  "division by zero", "run again"):
        assert words in said, said
    assert failed.value.changed
    owners = "SELECT relowner::regrole::text FROM pg_class WHERE relname IN ('loan', 'return_slip')"
    assert library.sql(owners, "loans") == [("postgres",)] * 2
    assert library.sql("SELECT has_database_privilege('catalogue_web', 'loans', 'CONNECT')") == [(True,)]  # nothing is taken
    library.work()
    monkeypatch.undo()
    assert library.enforce()["compliant"]


def test_what_is_refused_in_one_database_holds_up_no_other(library: Neighborhood, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service's owner who finds a statement that the server refuses keeps nobody but himself from what is right."""
    for database, table in (("catalogue", "book"), ("loans", "loan")):
        library.sql(f"GRANT CONNECT ON DATABASE {database} TO PUBLIC")
        library.sql(f"GRANT SELECT ON {table} TO watcher", database)
    right = Runner._statements

    def broken(self: Runner, change: Change) -> list[str]:
        item = change.item
        return ["SELECT 1 / 0"] if isinstance(item, Grant) and item.obj.name == "book" else right(self, change)

    monkeypatch.setattr(Runner, "_statements", broken)
    with pytest.raises(ServerError, match="service catalogue, database catalogue.*division by zero") as failed:
        library.enforce()
    assert failed.value.changed
    reads = "SELECT has_table_privilege('watcher', '{}', 'SELECT')"
    assert library.sql(reads.format("book"), "catalogue") == [(True,)]
    assert library.sql(reads.format("loan"), "loans") == [(False,)]
    enters = "SELECT has_database_privilege('watcher_of_nobody', '{}', 'CONNECT')"
    library.sql("CREATE ROLE watcher_of_nobody")
    assert library.sql(enters.format("loans")) == [(False,)]
    library.sql("DROP ROLE watcher_of_nobody")
    monkeypatch.undo()
    assert library.enforce()["compliant"]


def test_half_a_grant_is_not_made(library: Neighborhood, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of two statements, of which the second is refused."""
    library.sql("REVOKE SELECT ON loan FROM loans_reader; GRANT INSERT ON loan TO loans_reader", "loans")
    before = library.sql("SELECT relacl::text FROM pg_class WHERE relname = 'loan'", "loans")
    right = Runner._statements

    def broken(self: Runner, change: Change) -> list[str]:
        found = right(self, change)
        return [*found, "SELECT 1 / 0"] if isinstance(change.item, Grant) else found

    monkeypatch.setattr(Runner, "_statements", broken)
    with pytest.raises(ServerError, match="GRANT SELECT"):
        library.enforce()
    assert library.sql("SELECT relacl::text FROM pg_class WHERE relname = 'loan'", "loans") == before


def test_what_is_in_use_is_left_and_the_rest_is_done(library: Neighborhood) -> None:
    """An undeclared extension whose type a table uses cannot be dropped; that holds up nothing else."""
    library.sql("CREATE EXTENSION citext; CREATE TABLE scrap (word citext); ALTER TABLE scrap OWNER TO loans_owner", "loans")
    library.sql("GRANT CONNECT ON DATABASE catalogue TO PUBLIC")
    done = library.enforce(remedies=("safe", "disruptive", "removal"))
    assert "database-public-connect" in rules(done, "remedied"), told(done)
    assert "schema-extension-undeclared" in rules(done, "deferred", "open"), told(done)
    assert not [text for text in done["statements"] if text.startswith("DROP EXTENSION")]
