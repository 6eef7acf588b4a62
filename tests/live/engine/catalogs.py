"""Whose everything is and who may do what, from every column of the catalogs that holds an ACL or names a role.

Which columns these are the server itself says (pg_get_catalog_foreign_keys), so that none is forgotten on any major.
"""

from __future__ import annotations

from typing import Any

from live.engine.neighborhood import Neighborhood

Fact = tuple[str, ...]  # database, catalog, row, column, value
_COLUMNS = """
SELECT c.relname, a.attname, a.atttypid = 'aclitem[]'::regtype, c.relisshared,
       EXISTS (SELECT FROM pg_attribute o WHERE o.attrelid = c.oid AND o.attname = 'oid')
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r' AND (a.atttypid = 'aclitem[]'::regtype
      OR EXISTS (SELECT FROM pg_get_catalog_foreign_keys() k
                 WHERE k.fktable = c.oid AND k.fkcols = ARRAY[a.attname::text] AND k.pktable = 'pg_authid'::regclass))
ORDER BY 1, 2"""
# what aclitem[] means where it is NULL: the kind for acldefault, and the owner's column; None: nothing
_DEFAULTS = {
    "pg_class": ("CASE relkind WHEN 'S' THEN 's' ELSE 'r' END", "relowner"), "pg_database": ("'d'", "datdba"),
    "pg_proc": ("'f'", "proowner"), "pg_language": ("'l'", "lanowner"), "pg_namespace": ("'n'", "nspowner"),
    "pg_type": ("'T'", "typowner"), "pg_tablespace": ("'t'", "spcowner"), "pg_foreign_data_wrapper": ("'F'", "fdwowner"),
    "pg_foreign_server": ("'S'", "srvowner"), "pg_largeobject_metadata": ("'L'", "lomowner"), "pg_attribute": None,
    "pg_parameter_acl": None, "pg_default_acl": None}
# initial privileges and dependencies say again what other catalogs say
_ELSEWHERE = {"pg_init_privs", "pg_shdepend"}
_KEYS = {
    "pg_attribute": "attrelid::regclass || '.' || attname", "pg_db_role_setting": "setdatabase || ' ' || setconfig::text",
    "pg_auth_members": "roleid::regrole || ' ' || member::regrole", "pg_authid": "rolname", "pg_database": "datname",
    "pg_parameter_acl": "parname",
    "pg_default_acl": "defaclrole::regrole || ' ' || defaclnamespace || defaclobjtype::text"}
_IDENTITY = ("CASE WHEN oid < 16384 THEN oid::text"
             " ELSE coalesce((pg_identify_object('{catalog}'::regclass, oid, 0)).identity, oid::text) END")


def columns(library: Neighborhood) -> list[tuple[str, str, bool, bool, bool]]:
    """Catalog, column, whether it is an ACL, whether the catalog is shared, whether its rows have an oid."""
    return [(row[0], row[1], row[2], row[3], row[4]) for row in library.sql(_COLUMNS) if row[0] not in _ELSEWHERE]


def _query(catalog: str, column: str, acl: bool, oid: bool) -> str:
    """Rows of (row, value)."""
    named = "pg_largeobject" if catalog == "pg_largeobject_metadata" else catalog
    key = _KEYS.get(catalog) or (_IDENTITY.format(catalog=named) if oid else None)
    assert key, f"rows of {catalog} have no name here"
    if not acl:
        kinds = "" if catalog != "pg_class" else " WHERE relkind NOT IN ('t', 'i', 'I')"
        value = f"{column}::regrole::text" if column != "polroles" else "polroles::regrole[]::text"
        return f"SELECT {key}, {value} FROM {catalog}{kinds}"
    default = _DEFAULTS[catalog]
    text = column if default is None else f"coalesce({column}, acldefault(({default[0]})::\"char\", {default[1]}))"
    kinds = " AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')" if catalog == "pg_class" else ""
    builtin = f" AND (oid >= 16384 OR {column} IS NOT NULL)" if oid and catalog != "pg_database" else ""
    return (f"SELECT {key}, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END || ' ' || privilege_type"
            f" || ' ' || is_grantable || ' by ' || grantor::regrole FROM {catalog}, aclexplode({text})"
            f" WHERE true{kinds}{builtin}")


def rights(library: Neighborhood) -> set[Fact]:
    """All of it, of the server and of the databases that can be entered, with the rows of roles and databases whole."""
    found: set[Fact] = set()
    of_all = columns(library)
    whole = {"pg_authid": "ARRAY['oid']", "pg_database": "ARRAY['oid', 'datacl', 'datfrozenxid', 'datminmxid']"}
    for catalog, without in whole.items():
        rows = library.sql(f"SELECT {_KEYS[catalog]}, (to_jsonb(r) - {without})::text FROM {catalog} r")
        found |= {("", catalog, row, "", value) for row, value in rows}
    found |= {("", *row) for row in library.sql(
        "SELECT 'pg_db_role_setting', setdatabase::text, setrole::text, unnest(setconfig) FROM pg_db_role_setting")}
    for database in library.databases():
        with library.cursor(database, options="-c search_path=pg_catalog") as cursor:
            for catalog, column, acl, shared, oid in of_all:
                if not shared or database == "postgres":
                    found |= _ask(cursor, "" if shared else database, catalog, column, _query(catalog, column, acl, oid))
    return found


def _ask(cursor: Any, database: str, catalog: str, column: str, query: str) -> set[Fact]:
    cursor.execute(query)
    return {(database, catalog, str(row), column, str(value)) for row, value in cursor.fetchall()}
