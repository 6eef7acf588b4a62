"""What somebody tries, statement by statement, and what the server says to each."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from typing import Any

import psycopg2
from live.proofs.house import House, checksums

REFUSED = ("42501", "0A000")  # insufficient_privilege; and not supported for anybody
_FOR_NOBODY = "cannot have explicit members"  # refused to everybody; PostgreSQL 16 and 17 call it an internal error


def not_refused(session: Any, statements: Iterable[str], *, block: bool = True) -> dict[str, str]:
    """The statements that were not refused for want of a right, each with what happened instead. Nothing of them stays;
    without `block` they run outside of a transaction, where some demand to be."""
    found = {}
    with session.cursor() as cursor:
        for statement in statements:
            try:
                cursor.execute("BEGIN" if block else "SELECT")
                cursor.execute(statement)
                said = "done"
            except psycopg2.Error as error:
                said = "42501" if _FOR_NOBODY in str(error) else str(error.pgcode)
            cursor.execute("ROLLBACK" if block else "SELECT")
            if said not in REFUSED:
                found[statement] = said
    return found


def state(house: House, database: str) -> dict[str, object]:
    """Rows, and how many things of each kind the catalogs of a database know."""
    with closing(house.admin(database)) as session, session.cursor() as cursor:
        counts = {}
        for catalog in _CATALOGS:
            cursor.execute(f"SELECT count(*) FROM pg_catalog.{catalog}")
            counts[catalog] = cursor.fetchone()[0]
        cursor.execute(_RIGHTS)
        return {"rows": checksums(house, database), "counts": counts, "rights": cursor.fetchall()}


_CATALOGS = ("pg_class", "pg_proc", "pg_namespace", "pg_type", "pg_trigger", "pg_rewrite", "pg_policy", "pg_extension",
             "pg_largeobject_metadata", "pg_default_acl", "pg_publication", "pg_foreign_server", "pg_statistic_ext",
             "pg_auth_members", "pg_authid", "pg_db_role_setting", "pg_database", "pg_description", "pg_prepared_xacts")
_RIGHTS = """
SELECT c.oid::regclass::text, pg_get_userbyid(c.relowner), grantee::regrole::text, privilege_type, is_grantable
FROM pg_class c, aclexplode(coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner)))
WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f') ORDER BY 1, 3, 4"""
