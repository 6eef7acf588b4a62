"""world_user cannot delete, and cannot give itself the right: not by itself, and not by what somebody left lying about."""

from __future__ import annotations

from contextlib import closing

import pytest
from live.proofs.attempts import not_refused, state
from live.proofs.doors import password
from live.proofs.house import House, checksums, run_module

USER, OWNER, HOME = "world_user", "bbworlds_world_owner", "bbworlds_world"
ASSET = """INSERT INTO assets (owner_ref, name, kind, media_type, storage_key, size_bytes, sha256)
SELECT 'someone', 'asset ' || n, 'model', 'model/gltf-binary', 'key ' || n, 1, sha256(n::text::bytea)
FROM generate_series(1, 5) n"""
# made later by the owner, whose triggers guard only the tables of its schema file
LATER = """
CREATE TABLE place (id int PRIMARY KEY, note text);
CREATE TABLE thing (id int PRIMARY KEY, place int REFERENCES place ON DELETE CASCADE ON UPDATE CASCADE, note text);
CREATE VIEW places AS SELECT * FROM place;
CREATE MATERIALIZED VIEW places_kept AS SELECT * FROM place;
CREATE TABLE visit (at date, note text) PARTITION BY RANGE (at);
CREATE TABLE visit_old PARTITION OF visit FOR VALUES FROM (MINVALUE) TO ('2025-01-01');
CREATE TABLE visit_new PARTITION OF visit DEFAULT;
CREATE TABLE special () INHERITS (place);
INSERT INTO place VALUES (1, 'a'), (2, 'b');
INSERT INTO thing VALUES (1, 1, 'a'), (2, 2, 'b');
INSERT INTO visit VALUES ('2024-01-01', 'a'), ('2025-01-02', 'b');
INSERT INTO special VALUES (3, 'c');
CREATE FUNCTION forget(which int) RETURNS void LANGUAGE sql AS 'DELETE FROM public.place WHERE id = which';
"""
WORK = """
UPDATE place SET note = 'seen'
INSERT INTO thing VALUES (3, 1, 'c')
UPDATE assets SET deleted_at = now() WHERE name = 'asset 1'
INSERT INTO place VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET note = excluded.note
SELECT nextval('assets_id_seq')
""".strip().splitlines()
TABLES = (
    "assets",
    "asset_metadata",
    "asset_permissions",
    "world_templates",
    "terrain_configs",
    "user_builds",
    "place",
    "thing",
    "places",
    "visit",
    "visit_old",
    "special",
)
DELETES = (
    [
        statement.format(table)
        for table in TABLES
        for statement in ("DELETE FROM {}", "DELETE FROM ONLY {}", "TRUNCATE {} CASCADE")
        if (table, statement) != ("places", "TRUNCATE {} CASCADE")
    ]
    + f"""
WITH gone AS (DELETE FROM place RETURNING 1) SELECT * FROM gone
COPY (DELETE FROM place RETURNING 1) TO STDOUT
EXPLAIN ANALYZE DELETE FROM place
MERGE INTO place USING (SELECT 1 AS it) AS one ON place.id = one.it WHEN MATCHED THEN DELETE
MERGE INTO places USING (SELECT 1 AS it) AS one ON places.id = one.it WHEN MATCHED THEN DELETE
DO 'BEGIN DELETE FROM public.place; END'
DO 'DECLARE c CURSOR FOR TABLE place; BEGIN FOR r IN c LOOP DELETE FROM place WHERE CURRENT OF c; END LOOP; END'
SELECT forget(1)
DROP TABLE place CASCADE
ALTER TABLE visit DETACH PARTITION visit_old
ALTER TABLE place NO INHERIT special
ALTER TABLE special NO INHERIT place
ALTER TABLE place DROP COLUMN note
ALTER TABLE place ALTER note TYPE text USING NULL
ALTER TABLE thing DROP CONSTRAINT thing_place_fkey
ALTER TABLE assets DISABLE TRIGGER ALL
ALTER TABLE assets RENAME TO gone
DROP TRIGGER rows_stay ON assets
DROP SCHEMA public CASCADE
DROP OWNED BY {OWNER}
CLUSTER place USING place_pkey
REFRESH MATERIALIZED VIEW places_kept
DELETE FROM pg_catalog.pg_class WHERE relname = 'place'
""".strip().splitlines()
)
GIVES_ITSELF = f"""
SET ROLE {OWNER}
SET SESSION AUTHORIZATION {OWNER}
GRANT {OWNER} TO {USER}
GRANT pg_write_all_data TO {USER}
GRANT pg_database_owner TO {USER}
CREATE ROLE puppet IN ROLE {OWNER}
ALTER ROLE {USER} SUPERUSER
ALTER ROLE {USER} CREATEROLE
ALTER ROLE {OWNER} LOGIN PASSWORD 'fake-taken-over'
ALTER TABLE place OWNER TO {USER}
ALTER SCHEMA public OWNER TO {USER}
ALTER DATABASE {HOME} OWNER TO {USER}
ALTER FUNCTION forget SECURITY DEFINER
ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT ALL ON TABLES TO {USER}
REASSIGN OWNED BY {OWNER} TO {USER}
CREATE FUNCTION wipe() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'DELETE FROM public.place'
CREATE FUNCTION pg_temp.wipe() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'DELETE FROM public.place'
CREATE VIEW mine AS SELECT * FROM place
CREATE TEMPORARY VIEW mine AS SELECT * FROM place
CREATE TABLE mine (id int REFERENCES place ON DELETE CASCADE)
CREATE TEMPORARY TABLE mine (id int)
CREATE TABLE mine () INHERITS (place)
CREATE TABLE mine PARTITION OF visit FOR VALUES FROM ('2030-01-01') TO ('2031-01-01')
ALTER TABLE thing ADD FOREIGN KEY (id) REFERENCES place ON DELETE CASCADE
CREATE RULE mine AS ON UPDATE TO place DO ALSO DELETE FROM place
CREATE TRIGGER mine AFTER UPDATE ON place EXECUTE FUNCTION refuse_change()
CREATE POLICY mine ON place FOR DELETE USING (true)
CREATE SCHEMA mine
CREATE EXTENSION pg_trgm
CREATE EVENT TRIGGER mine ON ddl_command_end EXECUTE FUNCTION refuse_change()
CREATE PUBLICATION mine FOR TABLE place
SET session_replication_role = replica
SET allow_system_table_mods = on
ALTER DATABASE {HOME} SET session_replication_role = replica
UPDATE pg_catalog.pg_class SET relacl = NULL WHERE relname = 'place'
UPDATE pg_catalog.pg_authid SET rolsuper = true WHERE rolname = '{USER}'
COPY place FROM PROGRAM 'id'
SELECT pg_catalog.lo_import('/etc/hostname')
SELECT pg_reload_conf()
""".strip().splitlines()
ALONE = (
    f"DROP DATABASE {HOME}",
    f"CREATE DATABASE mine TEMPLATE {HOME}",
    "ALTER SYSTEM SET session_preload_libraries = 'mine'",
    f"CREATE SUBSCRIPTION mine CONNECTION 'dbname={HOME}' PUBLICATION mine",
)  # not in a block
# what people leave lying about on a server that is made by hand; each gives world_user the right to delete
LEFT_BEHIND = {
    "granted": f"GRANT DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public TO {USER}",
    "granted with option": f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {USER} WITH GRANT OPTION",
    "to everybody": "GRANT DELETE ON ALL TABLES IN SCHEMA public TO PUBLIC",
    "member of the owner": f"GRANT {OWNER} TO {USER}",
    "member of a member": f"CREATE ROLE helpers; GRANT {OWNER} TO helpers; GRANT helpers TO {USER}",
    "only by set role": f"CREATE ROLE clerks NOINHERIT; GRANT {OWNER} TO clerks; GRANT clerks TO {USER}",
    "writes everywhere": f"GRANT pg_write_all_data TO {USER}",
    "owner of a table": f"ALTER TABLE place OWNER TO {USER}",
    "owner of the schema": f"ALTER SCHEMA public OWNER TO {USER}",
    "owner of the database": f"ALTER DATABASE {HOME} OWNER TO {USER}",
    "creates roles": f"ALTER ROLE {USER} CREATEROLE; GRANT {OWNER} TO {USER} WITH ADMIN OPTION",
    "superuser": f"ALTER ROLE {USER} SUPERUSER",
    "a door of another": f"""CREATE ROLE someone; GRANT DELETE ON place TO someone;
        CREATE VIEW way AS SELECT * FROM place; ALTER VIEW way OWNER TO someone; GRANT DELETE ON way TO {USER}""",
    "of tables to come": f"""ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT DELETE, TRUNCATE ON TABLES TO {USER};
        SET SESSION AUTHORIZATION {OWNER}; CREATE TABLE came ()""",
    "may create": f"GRANT CREATE ON SCHEMA public TO {USER}; GRANT TEMPORARY, CREATE ON DATABASE {HOME} TO {USER}",
    "triggers": f"GRANT TRIGGER, REFERENCES ON ALL TABLES IN SCHEMA public TO {USER}",
}


@pytest.fixture
def world(tidy: House) -> House:
    """bbworlds_world, in which people have built, and the owner has gone on."""
    with closing(tidy.enter(USER, password(USER), HOME)) as session, session.cursor() as cursor:
        cursor.execute(ASSET)
    tidy.rows(f"SET SESSION AUTHORIZATION {OWNER}; {LATER}", HOME)
    return tidy


def tries(world: House, *more: str) -> dict[str, str]:
    """What of all that is not refused."""
    with closing(world.enter(USER, password(USER), HOME)) as session:
        return not_refused(session, [*DELETES, *GIVES_ITSELF, *more])


def test_works_and_cannot_delete(world: House) -> None:
    with closing(world.enter(USER, password(USER), HOME)) as session, session.cursor() as cursor:
        for statement in WORK:
            cursor.execute(statement)
    before = state(world, HOME)
    assert tries(world) == {}
    with closing(world.enter(USER, password(USER), HOME)) as session:
        assert not_refused(session, ALONE, block=False) == {}
    assert state(world, HOME) == before


def test_a_stored_set_role_gives_nothing_and_is_taken_back(world: House) -> None:
    with closing(world.enter(USER, password(USER), HOME)) as session, session.cursor() as cursor:
        cursor.execute(f"ALTER ROLE {USER} SET role = {OWNER}")
    assert tries(world) == {}
    assert run_module(world.arguments())["compliant"]
    assert world.rows("SELECT 1 FROM pg_db_role_setting WHERE setrole = %s::regrole", values=(USER,)) == []


@pytest.mark.parametrize("how", LEFT_BEHIND)
def test_a_right_that_was_left_lying_about_is_taken(world: House, how: str) -> None:
    before = checksums(world, HOME)
    world.rows(LEFT_BEHIND[how], HOME)
    more = [f"DELETE FROM {name}" for name in ("way", "came") if name in LEFT_BEHIND[how]]
    assert tries(world, *more) != {}
    assert run_module(world.arguments())["compliant"]
    world.rows(f"SET SESSION AUTHORIZATION {OWNER}; CREATE TABLE comes ()", HOME)
    assert tries(world, *more, "DELETE FROM comes") == {}
    assert {table: rows for table, rows in checksums(world, HOME).items() if table in before} == before
