# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What PostgreSQL gives to everybody and nobody of the matrix needs, taken back.

Schema public lets PUBLIC look for names in it; those who need it hold USAGE by name. A role without a connection limit is
said to take what it wants: an owner that cannot log in gets 0, the superuser the reserve. It keeps no superuser out, for
PostgreSQL does not ask for theirs. https://www.postgresql.org/docs/current/sql-createrole.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .. import sql
from ..catalog.session import Cursor, Server

UNLIMITED = """
SELECT rolname::text, oid = 10 FROM pg_catalog.pg_roles
WHERE rolconnlimit = -1 AND (oid = 10 OR (NOT rolcanlogin AND rolname = ANY (%s)))
ORDER BY oid"""
OPEN = """
SELECT datname::text FROM pg_catalog.pg_database WHERE datallowconn AND datname = ANY (%s) ORDER BY datname"""
PUBLIC = """
SELECT 1 FROM pg_catalog.pg_namespace n,
  pg_catalog.aclexplode(coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) a
WHERE n.nspname = 'public' AND a.grantee = 0"""
REVOKE = "REVOKE ALL ON SCHEMA public FROM PUBLIC"


@dataclass(frozen=True)
class Step:
    """One statement, and the database in which it runs."""

    database: str
    statement: str


def take_back(server: Server, databases: Sequence[str], limits: Mapping[str, int], superuser: int, *,
              dry: bool) -> list[Step]:
    """Takes it back in those of the databases that are there and open, and returns what was done, or would be (`dry`)."""
    steps = []
    with server.cursor() as cursor:
        cursor.execute(UNLIMITED, (list(limits),))
        for role, bootstrap in cursor.fetchall():
            limit = superuser if bootstrap else limits[role]
            steps.append(Step(server.database, f"ALTER ROLE {sql.ident(role)} CONNECTION LIMIT {limit}"))
        cursor.execute(OPEN, (list(databases),))
        there = [name for (name,) in cursor.fetchall()]
        steps += _public(cursor, server.database) if server.database in there else []
        _run(cursor, steps, dry)
    for name in there:
        if name != server.database:
            with server.cursor(name) as cursor:
                inside = _public(cursor, name)
                _run(cursor, inside, dry)
                steps += inside
    return steps


def _public(cursor: Cursor, database: str) -> list[Step]:
    cursor.execute(PUBLIC)
    return [Step(database, REVOKE)] if cursor.fetchall() else []


def _run(cursor: Cursor, steps: Sequence[Step], dry: bool) -> None:
    for step in steps:
        if not dry:
            cursor.execute(step.statement)
