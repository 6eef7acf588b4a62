"""What rows and what things a server holds, to compare before and after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from live.engine.neighborhood import Neighborhood

TABLES = """
SELECT n.nspname, c.relname, format('SELECT count(*), coalesce(md5(string_agg(t::text, E''\\n'' ORDER BY t::text)), '''')
                                     FROM %I.%I t', n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^(pg_|information_schema$|good_neighbor$)'
      AND (c.relkind = 'r' OR c.relispopulated)
UNION ALL SELECT 'pg_catalog', 'pg_largeobject',
                 'SELECT count(*), coalesce(md5(string_agg(md5(data) || loid::text || pageno::text,
                                                           '''' ORDER BY loid, pageno)), '''') FROM pg_largeobject'"""

SHARED_THINGS = """
SELECT 'database', datname FROM pg_database UNION ALL SELECT 'role', rolname FROM pg_roles
UNION ALL SELECT 'slot', slot_name FROM pg_replication_slots UNION ALL SELECT 'prepared', gid FROM pg_prepared_xacts
UNION ALL SELECT 'tablespace', spcname FROM pg_tablespace UNION ALL SELECT 'subscription', subname FROM pg_subscription"""

# an extension's own objects go with it
_OWN = "o.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.objid = o.oid AND e.deptype = 'e')"
THINGS = f"""
SELECT 'relation', o.oid::regclass::text FROM pg_class o WHERE {_OWN} AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
UNION ALL SELECT 'column', o.oid::regclass || '.' || attname FROM pg_attribute JOIN pg_class o ON o.oid = attrelid
          WHERE {_OWN} AND attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p', 'f')
UNION ALL SELECT 'routine', o.oid::regprocedure::text FROM pg_proc o WHERE {_OWN}
UNION ALL SELECT 'type', o.oid::regtype::text FROM pg_type o WHERE {_OWN} AND typcategory <> 'A'
UNION ALL SELECT 'schema', nspname FROM pg_namespace WHERE nspname !~ '^pg_(temp|toast)'
UNION ALL SELECT 'extension', extname FROM pg_extension UNION ALL SELECT 'language', lanname FROM pg_language
UNION ALL SELECT 'policy', polname || ' on ' || polrelid::regclass FROM pg_policy
UNION ALL SELECT 'trigger', tgname || ' on ' || tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'event trigger', evtname FROM pg_event_trigger UNION ALL SELECT 'publication', pubname FROM pg_publication
UNION ALL SELECT 'foreign server', srvname FROM pg_foreign_server
UNION ALL SELECT 'user mapping', usename || ' on ' || srvname FROM pg_user_mappings
UNION ALL SELECT 'large object', oid::text FROM pg_largeobject_metadata"""


@dataclass
class State:
    """Number and checksum of the rows of each table (database, schema, table), large objects included; (database, kind,
    name) of all that somebody made; the databases that could be entered."""

    rows: dict[tuple[str, str, str], tuple[int, str]] = field(default_factory=dict)
    things: set[tuple[str, ...]] = field(default_factory=set)
    entered: set[str] = field(default_factory=set)


def state_of(library: Neighborhood) -> State:
    """The state now."""
    state = State(things={("", *row) for row in library.sql(SHARED_THINGS)})
    for database in library.databases():
        state.entered.add(database)
        with library.cursor(database, options="-c search_path=pg_catalog") as cursor:
            _look(state, database, cursor)
    return state


def _look(state: State, database: str, cursor: Any) -> None:
    cursor.execute(THINGS)
    state.things |= {(database, *row) for row in cursor.fetchall()}
    cursor.execute(TABLES)
    for schema, table, query in cursor.fetchall():
        cursor.execute(query)
        state.rows[database, schema, table] = cursor.fetchone()


def assert_nothing_lost(library: Neighborhood, before: State, lost: Iterable[str] = ()) -> None:
    """All rows and all things of before are there, but for what was allowed to go. What cannot be entered any more is known
    to exist."""
    now = state_of(library)
    changed = {
        key: (row, now.rows.get(key))
        for key, row in before.rows.items()
        if key[0] in now.entered and now.rows.get(key) != row
    }
    assert not changed, f"rows were changed: {changed}"
    gone = {
        f"{kind} {name}" for database, kind, name in before.things - now.things if not database or database in now.entered
    }
    assert gone == set(lost), f"things were dropped: {gone}"
