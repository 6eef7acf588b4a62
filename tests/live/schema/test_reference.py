"""The reference schemas: applied by the engine as their owners, and as good as they say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import yaml
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema.text import created_tables
from live.embedded import Server
from live.schema.conftest import Place, drop_place, make_place, superuser

ROOT = Path(__file__).resolve().parents[3]
ROWS = {
    row["database"]: row
    for row in yaml.safe_load((ROOT / "inventories" / "allocation.yml").read_text())["good_neighbor_allocation"]
}
WITHOUT_VECTORS = "schemas/voice_ninja/001_initial_without_vectors.sql"


def has_vectors(server: Server) -> bool:
    """Whether the server offers pgvector."""
    admin = superuser(server)
    cursor = admin.cursor()
    cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'")
    found = bool(cursor.fetchall())
    admin.close()
    return found


def applied(server: Server, database: str, paths: list[str] | None = None) -> Place:
    """A database with these schema files: those of its row, or what stands in for them on this server."""
    wanted = paths or ROWS[database]["schema_files"]
    place = make_place(server, login="logins" not in ROWS[database])
    if database == "voice_ninja" and paths is None:
        if has_vectors(server):
            place.query("CREATE EXTENSION vector SCHEMA public")
        else:
            wanted = [WITHOUT_VECTORS]
    for path in wanted:
        assert place.apply((ROOT / path).read_text(), path)
    return place


@pytest.fixture(scope="module", params=["voice_ninja", "bbworlds_nexus", "bbworlds_world"])
def reference(request: pytest.FixtureRequest, server: Server) -> Iterator[tuple[str, Place]]:
    """Each row's database."""
    place = applied(server, request.param)
    yield request.param, place
    drop_place(place)


@pytest.fixture
def nexus(server: Server) -> Iterator[Place]:
    place = applied(server, "bbworlds_nexus")
    place.query("SET search_path = public")
    yield place
    drop_place(place)


@pytest.fixture
def world(server: Server) -> Iterator[Place]:
    place = applied(server, "bbworlds_world")
    place.query("SET search_path = public")
    yield place
    drop_place(place)


def test_exactly_the_tables_of_the_row(reference: tuple[str, Place]) -> None:
    database, place = reference
    found = place.query(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND relnamespace = 'public'::regnamespace"
        " AND NOT relispartition AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')"
    )
    assert sorted(name for (name,) in found) == sorted(ROWS[database]["tables"])
    assert {owner for _schema, name, owner in place.relations() if name in ROWS[database]["tables"]} == {place.owner}


def test_the_forecast_is_what_came(reference: tuple[str, Place]) -> None:
    database, place = reference
    paths = [path for path, _state in place.files()]
    forecast = {name for path in paths for _schema, name in created_tables((ROOT / path).read_text())}
    assert forecast - {"events_default"} == set(ROWS[database]["tables"])


def test_every_table_has_a_primary_key_and_a_comment(reference: tuple[str, Place]) -> None:
    _database, place = reference
    assert not place.query(
        "SELECT relname FROM pg_class c WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        " AND NOT (obj_description(oid, 'pg_class') IS NOT NULL"
        " AND EXISTS (SELECT 1 FROM pg_constraint WHERE conrelid = c.oid AND contype = 'p'))"
    )


def test_every_foreign_key_has_an_index(reference: tuple[str, Place]) -> None:
    _database, place = reference
    keys = place.query("SELECT conrelid, conkey, conname FROM pg_constraint WHERE contype = 'f'")
    assert keys
    # An index for all rows, or one that leaves out only those without the reference.
    indexes = place.query("SELECT indrelid, indkey::int2[], pg_get_expr(indpred, indrelid) FROM pg_index")
    for table, columns, name in keys:
        covering = [
            predicate for of, key, predicate in indexes if of == table and sorted(key[: len(columns)]) == sorted(columns)]
        assert any(predicate is None or predicate.endswith("IS NOT NULL)") for predicate in covering), name


def test_times_have_zones(reference: tuple[str, Place]) -> None:
    _database, place = reference
    assert not place.query(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND data_type LIKE 'timestamp without%'")


def test_the_one_without_vectors_has_the_same_columns(server: Server) -> None:
    places = [applied(server, "voice_ninja"), applied(server, "voice_ninja", [WITHOUT_VECTORS])]
    shapes = [
        place.query(
            "SELECT table_name, column_name, is_nullable, column_default, data_type FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name <> 'embedding' ORDER BY 1, ordinal_position")
        for place in places
    ]
    for place in places:
        drop_place(place)
    assert shapes[0] == shapes[1]
    assert len(shapes[0]) > 50


def _remember(place: Place, count: int) -> list[float]:
    """Memories of one companion with embeddings by chance; the one of the middle."""
    kind = "vector" if place.query("SELECT 1 FROM pg_extension WHERE extname = 'vector'") else "real[]"
    place.query("INSERT INTO avatar_agents (name, persona) VALUES ('Bob', 'curious')")
    place.query(
        "INSERT INTO companion_memories (agent_id, user_ref, speaker, content, embedding)"
        f" SELECT 1, 'u1', 'user', 'hello', array_agg(random() - 0.5)::real[]::{kind}"
        f" FROM generate_series(1, {count}) n, generate_series(1, 384) GROUP BY n; ANALYZE companion_memories")
    return list(place.query("SELECT embedding::real[] FROM companion_memories WHERE id = %s", count // 2 + 1)[0][0])


def test_memories_are_found_by_their_embedding(server: Server) -> None:
    place = applied(server, "voice_ninja")
    place.query("SET search_path = public")
    wanted = _remember(place, 2500)
    if has_vectors(server):
        query = "SELECT id FROM companion_memories ORDER BY embedding <=> %s::vector LIMIT 5"
        plan = "\n".join(line for (line,) in place.query("EXPLAIN " + query, str(wanted)))
        assert "companion_memories_embedding" in plan, plan
        assert place.query(query, str(wanted))[0] == (1251,)
    else:
        _search_arrays(place, wanted)
    drop_place(place)


def test_memories_are_found_in_arrays(server: Server) -> None:
    place = applied(server, "voice_ninja", [WITHOUT_VECTORS])
    place.query("SET search_path = public")
    _search_arrays(place, _remember(place, 300))
    drop_place(place)


def _search_arrays(place: Place, wanted: list[float]) -> None:
    middle = place.query("SELECT count(*) / 2 + 1 FROM companion_memories")[0][0]
    found = place.query(
        "SELECT id, cosine_distance(embedding, %s::real[]) FROM companion_memories ORDER BY 2 LIMIT 2", wanted)
    assert found[0][0] == middle
    assert abs(found[0][1]) < 1e-6 < 0.5 < found[1][1]
    assert place.query("SELECT cosine_distance('{1,0}', '{-1,0}'), cosine_distance('{1,0}', '{0,0}')") == [(2.0, None)]
    with pytest.raises(psycopg2.errors.CheckViolation):
        place.query("UPDATE companion_memories SET embedding = '{1,2,3}'")


def test_moving_avatars_update_in_place(nexus: Place) -> None:
    nexus.query("INSERT INTO users (username) SELECT 'user' || n FROM generate_series(1, 200) n")
    nexus.query("INSERT INTO user_states (user_id) SELECT id FROM users")
    for _tick in range(50):
        nexus.query(
            "UPDATE user_states SET x = x + 1, rotation_w = 0.5, sequence = sequence + 1, seen_at = clock_timestamp()")
    nexus.query("SELECT pg_stat_force_next_flush()")
    updates, hot, pages = nexus.query(
        "SELECT n_tup_upd, n_tup_hot_upd, pg_relation_size('user_states') / 8192 FROM pg_stat_user_tables"
        " WHERE relname = 'user_states'")[0]
    assert updates == 200 * 50
    assert hot / updates > 0.95, (hot, updates)
    assert pages < 20


def test_events_by_months(nexus: Place) -> None:
    insert = "INSERT INTO events (occurred_at, kind, user_id) VALUES (%s, 'jump', 1)"
    for moment in ("2026-10-31 23:59:59.999Z", "2026-11-01 00:00Z", "2026-11-30 23:59Z", "2026-12-01 00:00Z"):
        nexus.query(insert, moment)
    nexus.query("SET timezone = 'Pacific/Auckland'")
    assert nexus.query("SELECT make_events_month('2026-11-17'), make_events_month('2026-11-01')") == [
        ("events_2026_11", "events_2026_11")]
    nexus.query(insert, "2026-11-05 12:00Z")
    assert dict(nexus.query("SELECT tableoid::regclass::text, count(*) FROM events GROUP BY 1")) == {
        "events_2026_11": 3, "events_default": 2}
    assert nexus.query("SELECT count(DISTINCT id) FROM events") == [(5,)]
    assert nexus.query("SELECT count(*) FROM pg_inherits WHERE inhparent = 'events_user'::regclass") == [(2,)]


def test_rules_of_the_game(nexus: Place) -> None:
    nexus.query("INSERT INTO users (username) VALUES ('anna'), ('otto')")
    nexus.query("INSERT INTO friendships (requester_id, addressee_id) VALUES (1, 2)")
    for wrong in (
        "INSERT INTO users (username) VALUES ('ANNA')",
        "INSERT INTO friendships (requester_id, addressee_id) VALUES (2, 1)",
        "INSERT INTO blocks (blocker_id, blocked_id) VALUES (1, 1)",
        "INSERT INTO maturity_settings (user_id, highest_rating) VALUES (1, 'adult')",
        "INSERT INTO user_inventories (user_id, item, quantity) VALUES (1, 'sword', -1)",
    ):
        with pytest.raises(psycopg2.IntegrityError):
            nexus.query(wrong)


ASSET = (
    "INSERT INTO assets (owner_ref, name, kind, media_type, storage_key, size_bytes, sha256)"
    " VALUES ('u1', 'tree', 'model', 'model/gltf-binary', %s, 10, sha256('x'))"
)


def test_nothing_is_deleted_but_softly(world: Place) -> None:
    world.query(ASSET, "k1")
    with pytest.raises(psycopg2.errors.UniqueViolation):
        world.query(ASSET, "k2")
    world.query("UPDATE assets SET deleted_at = now()")
    world.query(ASSET, "k2")
    assert world.query("SELECT count(*), count(*) FILTER (WHERE deleted_at IS NULL) FROM assets") == [(2, 1)]
    world.query(f"SET ROLE {world.owner}")
    for table in ROWS["bbworlds_world"]["tables"]:
        for wrong in (f"DELETE FROM {table} WHERE false", f"TRUNCATE {table} CASCADE"):
            with pytest.raises(psycopg2.errors.RaiseException, match="is refused\nHINT:  set deleted_at"):
                world.query(wrong)
    world.query("RESET ROLE")


def test_builds_have_versions(world: Place) -> None:
    save: Any = (
        "INSERT INTO user_builds (build_ref, version, based_on, owner_ref, name, definition)"
        " VALUES ('00000000-0000-0000-0000-000000000001', %s, %s, 'u1', 'house', '{}')"
    )
    world.query(save, 1, None)
    world.query(save, 2, 1)
    for wrong in ((2, 1), (3, 4), (4, 3)):
        with pytest.raises(psycopg2.IntegrityError):
            world.query(save, *wrong)
    with pytest.raises(psycopg2.errors.RaiseException, match="save a new version"):
        world.query("UPDATE user_builds SET definition = '{\"roof\": 1}' WHERE version = 2")
    world.query("UPDATE user_builds SET deleted_at = now() WHERE version = 2")
    assert world.query("SELECT max(version) FROM user_builds WHERE deleted_at IS NULL") == [(1,)]
