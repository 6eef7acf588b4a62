# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which schema files a database has seen: a table in the database itself, which only superusers may touch.

The shape, for the model: schema `good_neighbor`, owned by the superuser who made it, no ACL (nobody else may USE it);
in it one ordinary table `schema_file` of the same owner, no ACL, with the primary key `schema_file_pkey` on `path` and
the checks `schema_file_state_check`, `schema_file_xid_check`. Nothing else: no default, sequence, function, trigger.

The owner of the database may make a schema of that name before us, with a view or with a table whose triggers would
run the owner's code as the superuser. So nothing is read or written before the catalogs have shown the shape above.

All functions take a cursor of a superuser's connection in autocommit, with a search_path of pg_catalog alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import SchemaFileError
from .files import ABORTED, APPLIED, BASELINE, COMMITTED, STARTED, Record, SchemaFile

SCHEMA = "good_neighbor"
TABLE = "schema_file"

# `cluster` is the system identifier: in a database that was dumped and restored elsewhere, xid means nothing.
STATEMENTS = (
    "CREATE SCHEMA IF NOT EXISTS good_neighbor",
    """CREATE TABLE IF NOT EXISTS good_neighbor.schema_file (
    path text CONSTRAINT schema_file_pkey PRIMARY KEY,
    checksum text NOT NULL,
    state text NOT NULL CONSTRAINT schema_file_state_check CHECK (state IN ('started', 'applied', 'baseline')),
    xid xid8,
    cluster bigint,
    started_at timestamptz NOT NULL,
    applied_at timestamptz,
    CONSTRAINT schema_file_xid_check
        CHECK ((state = 'started') = (xid IS NOT NULL) AND (state = 'started') = (cluster IS NOT NULL))
)""",
)

_COLUMNS = (
    "path text true",
    "checksum text true",
    "state text true",
    "xid xid8 false",
    "cluster bigint false",
    "started_at timestamp with time zone true",
    "applied_at timestamp with time zone false",
)
_CONSTRAINTS = (
    "schema_file_pkey PRIMARY KEY (path)",
    "schema_file_state_check CHECK ((state = ANY (ARRAY['started'::text, 'applied'::text, 'baseline'::text])))",
    "schema_file_xid_check CHECK ((((state = 'started'::text) = (xid IS NOT NULL))"
    " AND ((state = 'started'::text) = (cluster IS NOT NULL))))",
)

_LOOK = """
SELECT s.rolsuper, c.oid IS NOT NULL, t.rolsuper,
    c.relkind = 'r' AND c.relpersistence = 'p' AND NOT c.relispartition AND NOT c.relrowsecurity,
    array(SELECT a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull
          FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 ORDER BY a.attnum),
    array(SELECT k.conname || ' ' || pg_get_constraintdef(k.oid)
          FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype <> 'n' ORDER BY k.conname),
    (SELECT count(*) FROM pg_trigger WHERE tgrelid = c.oid) + (SELECT count(*) FROM pg_rewrite WHERE ev_class = c.oid)
        + (SELECT count(*) FROM pg_attrdef WHERE adrelid = c.oid) + (SELECT count(*) FROM pg_policy WHERE polrelid = c.oid)
        + (SELECT count(*) FROM pg_inherits WHERE c.oid IN (inhrelid, inhparent))
        + (SELECT count(*) FROM pg_index WHERE indrelid = c.oid AND NOT indisprimary)
FROM pg_namespace n
JOIN pg_roles s ON s.oid = n.nspowner
LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'schema_file'
LEFT JOIN pg_roles t ON t.oid = c.relowner
WHERE n.nspname = 'good_neighbor'
"""

_OUTCOME = """CASE WHEN schema_file.cluster = (SELECT system_identifier FROM pg_catalog.pg_control_system())
    THEN pg_catalog.pg_xact_status(schema_file.xid) END"""


def ensure(cursor: Any) -> bool:
    """Make the bookkeeping where it is missing; whether it was. Raises SchemaFileError where it is not ours."""
    if _is_there(cursor):
        return False
    cursor.execute(";\n".join(STATEMENTS))  # one message, so one transaction
    _is_there(cursor)
    return True


def read(cursor: Any) -> tuple[Record, ...]:
    """The records of this database in the order of their paths; none where there is no bookkeeping. Changes nothing.

    Raises SchemaFileError where something else bears its name.
    """
    if not _is_there(cursor):
        return ()
    cursor.execute(f"SELECT path, checksum, state, {_OUTCOME} FROM good_neighbor.schema_file")
    return tuple(sorted(Record(*row) for row in cursor.fetchall()))


def record_baseline(cursor: Any, files: Iterable[SchemaFile]) -> tuple[str, ...]:
    """Record `files` as there already, without running them; the paths that were recorded.

    What is recorded stays as it is, but for a file of which nobody knows whether it was applied, or that was not.
    """
    ensure(cursor)
    done: list[str] = []
    for file in files:
        cursor.execute(
            f"""INSERT INTO good_neighbor.schema_file (path, checksum, state, started_at, applied_at)
            VALUES (%s, %s, '{BASELINE}', pg_catalog.now(), pg_catalog.now())
            ON CONFLICT (path) DO UPDATE SET checksum = excluded.checksum, state = excluded.state, xid = NULL,
                cluster = NULL, started_at = excluded.started_at, applied_at = excluded.applied_at
            WHERE schema_file.state = '{STARTED}' AND coalesce({_OUTCOME}, '{ABORTED}') = '{ABORTED}'
            RETURNING path""",
            (file.path, file.checksum),
        )
        done += [path for (path,) in cursor.fetchall()]
    return tuple(done)


def started(cursor: Any, file: SchemaFile, xid: str) -> bool:
    """Record that transaction `xid` is about to commit what `file` does. False: there is a record already."""
    cursor.execute(
        f"""INSERT INTO good_neighbor.schema_file (path, checksum, state, xid, cluster, started_at)
        SELECT %s, %s, '{STARTED}', %s::xid8, system_identifier, pg_catalog.clock_timestamp()
        FROM pg_catalog.pg_control_system() ON CONFLICT (path) DO NOTHING""",
        (file.path, file.checksum, xid),
    )
    return bool(cursor.rowcount)


def applied(cursor: Any, path: str) -> None:
    """Record that `path` is applied, if its transaction is committed."""
    cursor.execute(
        f"""UPDATE good_neighbor.schema_file
        SET state = '{APPLIED}', xid = NULL, cluster = NULL, applied_at = pg_catalog.clock_timestamp()
        WHERE path = %s AND state = '{STARTED}' AND {_OUTCOME} = '{COMMITTED}'""",
        (path,),
    )


def forget(cursor: Any, path: str) -> None:
    """Delete the record of `path`, if its transaction is aborted."""
    cursor.execute(
        f"""DELETE FROM good_neighbor.schema_file
        WHERE path = %s AND state = '{STARTED}' AND {_OUTCOME} = '{ABORTED}'""",
        (path,),
    )


def _is_there(cursor: Any) -> bool:
    """Whether the bookkeeping is there whole. Raises SchemaFileError where it has another shape than ours."""
    cursor.execute(_LOOK)
    row = cursor.fetchone()
    if row is None:
        return False
    schema_is_ours, exists, *table = row
    if schema_is_ours and not exists:
        return False
    if not schema_is_ours or table != [True, True, list(_COLUMNS), list(_CONSTRAINTS), 0]:
        raise SchemaFileError(
            "good_neighbor.schema_file is not the table that this collection makes: somebody made or changed schema "
            "good_neighbor, and its contents prove nothing; look at it, then have a superuser rename the schema "
            "and run again"
        )
    return True
