"""The bookkeeping table: its exact shape, and impostors of it."""

from __future__ import annotations

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import SchemaFileError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema import records
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema.files import SchemaFile
from live.schema.conftest import Place

# What a service that owns its database may make before us, or what somebody may have done to the table later. Each
# would run `evil` as the superuser, or forge what we read.
EVIL = (
    "CREATE FUNCTION public.evil() RETURNS trigger LANGUAGE plpgsql"
    " AS 'BEGIN ALTER ROLE {owner} SUPERUSER; RETURN NEW; END';"
)
BY_OWNER = {
    "an empty schema": "CREATE SCHEMA good_neighbor",
    "a view": "CREATE SCHEMA good_neighbor; CREATE VIEW good_neighbor.schema_file AS SELECT ''::text AS path",
    "our table": ";".join(records.STATEMENTS),
    "our table with a trigger": ";".join(records.STATEMENTS) + ";" + EVIL
    + "CREATE TRIGGER t BEFORE INSERT ON good_neighbor.schema_file FOR EACH ROW EXECUTE FUNCTION public.evil()",
}
BY_SUPERUSER = {
    "a trigger": EVIL
    + "CREATE TRIGGER t AFTER UPDATE ON good_neighbor.schema_file FOR EACH ROW EXECUTE FUNCTION public.evil()",
    "a rule": "CREATE RULE r AS ON INSERT TO good_neighbor.schema_file DO INSTEAD NOTHING",
    "a default": "ALTER TABLE good_neighbor.schema_file ALTER applied_at SET DEFAULT now()",
    "another column": "ALTER TABLE good_neighbor.schema_file ADD COLUMN x int",
    "a column less": "ALTER TABLE good_neighbor.schema_file DROP COLUMN started_at",
    "a check less": "ALTER TABLE good_neighbor.schema_file DROP CONSTRAINT schema_file_state_check",
    "no primary key": "ALTER TABLE good_neighbor.schema_file DROP CONSTRAINT schema_file_pkey",
    "an index": "CREATE INDEX ON good_neighbor.schema_file (lower(path))",
    "a child": "CREATE TABLE public.child () INHERITS (good_neighbor.schema_file)",
    "row security": "ALTER TABLE good_neighbor.schema_file ENABLE ROW LEVEL SECURITY",
    "no log": "ALTER TABLE good_neighbor.schema_file SET UNLOGGED",
    "another owner": "ALTER TABLE good_neighbor.schema_file OWNER TO {owner}",
    "another owner of the schema": "ALTER SCHEMA good_neighbor OWNER TO {owner}",
}


def refused(place: Place) -> None:
    cursor = place.admin.cursor()
    for use in (records.read, records.ensure, lambda it: records.record_baseline(it, [SchemaFile("a.sql", "")])):
        with pytest.raises(SchemaFileError, match="not the table that this collection makes"):
            use(cursor)


@pytest.mark.parametrize("name", BY_OWNER)
def test_what_the_service_prepared_is_refused(place: Place, name: str) -> None:
    session = place.connect_as(place.owner, str(place.password))
    session.cursor().execute(BY_OWNER[name].format(owner=place.owner))
    session.commit()
    session.close()
    refused(place)


@pytest.mark.parametrize("name", BY_SUPERUSER)
def test_what_was_changed_is_refused(place: Place, name: str) -> None:
    assert records.ensure(place.admin.cursor())
    place.query("SET search_path = public")
    place.query(BY_SUPERUSER[name].format(owner=place.owner))
    place.query("SET search_path = pg_catalog")
    refused(place)


def test_made_once_and_by_the_statements_alone(place: Place) -> None:
    cursor = place.admin.cursor()
    assert records.read(cursor) == ()
    for statement in records.STATEMENTS * 2:
        cursor.execute(statement)
    assert not records.ensure(cursor)
    assert records.read(cursor) == ()


def test_an_empty_schema_of_the_superuser_is_filled(place: Place) -> None:
    place.query("CREATE SCHEMA good_neighbor")
    assert records.read(place.admin.cursor()) == ()
    assert records.ensure(place.admin.cursor())


def test_nobody_else_may_touch_it(place: Place) -> None:
    records.ensure(place.admin.cursor())
    assert place.query(
        "SELECT pg_get_userbyid(nspowner), nspacl, pg_get_userbyid(relowner), relacl, attacl FROM pg_namespace n"
        " JOIN pg_class c ON c.relnamespace = n.oid JOIN pg_attribute a ON attrelid = c.oid AND attname = 'path'"
        " WHERE nspname = 'good_neighbor' AND relname = 'schema_file'"
    ) == [("postgres", None, "postgres", None, None)]


def test_reading_changes_nothing(place: Place) -> None:
    records.ensure(place.admin.cursor())
    before = place.query("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")
    records.read(place.admin.cursor())
    assert place.query("SELECT pg_snapshot_xmax(pg_current_snapshot())::text, pg_current_xact_id_if_assigned()") == [
        (before[0][0], None)]
