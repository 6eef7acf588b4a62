# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SQL for one database: a fixed number of set-based queries of raw catalog rows.

What initdb made (object ids below 16384) and what belongs to an extension is the server's and the extension's; of those
only what somebody changed is read: another owner, or an ACL that differs from the initial one (pg_init_privs).
"""

from __future__ import annotations

from collections.abc import Iterable

from .rare import ODD_RELATION, ODD_ROUTINE, Rare, filled, of, union

# whether somebody made it, changed its owner, or may have changed its ACL; 10 is the bootstrap superuser
_TOUCHED = "(o.oid >= 16384 OR o.{acl} IS NOT NULL OR o.{owner} <> 10)"


def _relations(kinds: str) -> str:
    return f"({kinds}) AND o.relpersistence <> 't' AND {_TOUCHED.format(acl='relacl', owner='relowner')}"


def _routines(which: str) -> str:
    return f"{which} AND {_TOUCHED.format(acl='proacl', owner='proowner')}"


def _relation(kind: str, word: str, other: str, acl: str = "o.relacl") -> str:
    return f"{kind}, o.tableoid, o.oid, o.relnamespace, o.relname::text, o.relowner, {acl}, {word}, {other}"


def _routine(word: str) -> str:
    return f"""CASE o.prokind WHEN 'p' THEN 'PROCEDURE' WHEN 'a' THEN 'AGGREGATE' ELSE 'FUNCTION' END, o.tableoid, o.oid,
       o.pronamespace, o.proname::text, o.proowner, o.proacl, {word},
       CASE WHEN o.prokind = 'a' THEN '' ELSE o.prolang::text END"""


def _type(word: str) -> str:
    return f"""CASE o.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, o.tableoid, o.oid, o.typnamespace, o.typname::text,
       o.typowner, o.typacl, {word}, ''"""


_RELATION = """CASE o.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE'
         WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END"""
_WORD = """CASE o.relkind WHEN 't' THEN 'toast' WHEN 'S' THEN coalesce((  -- the table whose column it serves
         SELECT a.refobjid::text FROM pg_catalog.pg_depend a
         WHERE a.classid = 'pg_catalog.pg_class'::regclass AND a.objid = o.oid
           AND a.refclassid = 'pg_catalog.pg_class'::regclass AND a.refobjsubid > 0 AND a.deptype IN ('a', 'i')
         LIMIT 1), '') ELSE '' END"""

# Kind, catalog, oid, schema's oid, name, owner, acl, further words. {multirange}: whether a multirange type has an owner of
# its own, as before PostgreSQL 17. Few joins, few conditions: new sessions plan it with empty caches.
_ALWAYS = f"""
SELECT 'SCHEMA', o.tableoid, o.oid, 0::oid, o.nspname::text, o.nspowner, o.nspacl, '', ''
FROM pg_catalog.pg_namespace o
UNION ALL
SELECT 'LANGUAGE', o.tableoid, o.oid, 0, o.lanname::text, o.lanowner, o.lanacl,
       CASE WHEN o.lanpltrusted THEN '' ELSE 'untrusted' END, ''
FROM pg_catalog.pg_language o
UNION ALL
SELECT {_relation(_RELATION, _WORD, "''")}
FROM pg_catalog.pg_class o
WHERE {_relations("o.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND NOT o.relispartition"
                  " OR o.relkind = 't' AND o.relacl IS NOT NULL")}
UNION ALL
SELECT {_routine("CASE WHEN o.prorettype = 'pg_catalog.event_trigger'::regtype THEN 'event' ELSE '' END")}
FROM pg_catalog.pg_proc o
WHERE {_routines("NOT o.prosecdef")}
UNION ALL
SELECT {_type("''")}
FROM pg_catalog.pg_type o
WHERE (o.typtype IN ('b', 'd', 'e', 'r') OR o.typtype = 'p' AND NOT o.typisdefined OR o.typtype = 'm' AND {{multirange}})
  AND NOT (o.typelem <> 0 AND o.typlen = -1) AND {_TOUCHED.format(acl='typacl', owner='typowner')}"""


# what pg_import_system_collations() makes of the host's locales, and initdb of those that the host had then
# https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-COLLATION
_IMPORTED = """o.oid >= 16384 AND o.collnamespace = 11 AND o.collisdeterministic
  AND pg_catalog.to_jsonb(o) ->> 'collicurules' IS NULL
  AND EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = o.collowner AND r.rolsuper)
  AND CASE o.collprovider WHEN 'c' THEN o.collcollate = o.collctype AND o.collname::text IN (
      o.collcollate, pg_catalog.regexp_replace(o.collcollate, '\\.[^@]*', ''))
    WHEN 'i' THEN o.collname::text = coalesce(pg_catalog.to_jsonb(o) ->> 'colllocale',
      pg_catalog.to_jsonb(o) ->> 'colliculocale') || '-x-icu' ELSE false END"""


def _named(catalog: str, prefix: str, whole: bool = False) -> Rare:
    """Kinds without privileges whose names only the server can write: those of another owner than {owner}, or that lie
    among PostgreSQL's own. `whole`: initdb makes none of them."""
    owner, schema = f"o.{prefix}owner", f"o.{prefix}namespace"
    where = f"CASE WHEN o.oid < 16384 THEN {owner} <> 10 ELSE {owner} <> {{owner}} OR {schema} = 11 END"
    lasting = f"NOT pg_catalog.pg_is_other_temp_schema({schema})"
    if catalog == "pg_collation":
        lasting += f" AND NOT ({_IMPORTED})"
    return of(catalog, f"""pg_catalog.upper(n.type), o.tableoid, o.oid, 0, n.identity, {owner}, NULL,
       CASE WHEN {schema} = 11 AND o.oid >= 16384 THEN 'pg_catalog' ELSE '' END, ''""", "" if whole else where,
              f", LATERAL pg_catalog.pg_identify_object('pg_catalog.{catalog}'::regclass, o.oid, 0) n",
              f"AND {where} AND {lasting}" if whole else f"AND {lasting}")


# What views and policies call as whoever reads: by name, an operator, the CHECK of a domain, the body of a function (of one
# that is kept as text, whatever has a name that stands in it). What runs as its owner, and an aggregate, calls further
# functions with its owner's rights.
_READ_THROUGH = """
WITH RECURSIVE met (class, id) AS (
  SELECT v.refclassid, v.refobjid FROM pg_catalog.pg_depend v
  WHERE v.classid IN ('pg_catalog.pg_policy'::regclass, 'pg_catalog.pg_rewrite'::regclass)
    AND v.refclassid IN ('pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_operator'::regclass, 'pg_catalog.pg_type'::regclass)
  UNION SELECT n.class, n.id FROM met m, LATERAL (
    SELECT d.refclassid, d.refobjid FROM pg_catalog.pg_depend d WHERE d.classid = m.class AND d.objid = m.id
    AND d.refclassid IN ('pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_operator'::regclass, 'pg_catalog.pg_type'::regclass)
    UNION ALL SELECT c.classid, c.objid FROM pg_catalog.pg_depend c WHERE c.refclassid = m.class AND c.refobjid = m.id
    AND m.class = 'pg_catalog.pg_type'::regclass AND c.classid = 'pg_catalog.pg_constraint'::regclass
    UNION ALL SELECT s.tableoid, s.oid FROM pg_catalog.pg_proc t, pg_catalog.pg_proc s
    WHERE m.class = 'pg_catalog.pg_proc'::regclass AND t.oid = m.id AND t.oid >= 16384 AND t.prosqlbody IS NULL
    AND s.oid >= 16384 AND pg_catalog.strpos(t.prosrc, s.proname) > 0) n (class, id)
  WHERE m.class <> 'pg_catalog.pg_proc'::regclass OR NOT EXISTS (
    SELECT FROM pg_catalog.pg_proc p WHERE p.oid = m.id AND (p.prosecdef OR p.prokind = 'a')))
SELECT id FROM met WHERE class = 'pg_catalog.pg_proc'::regclass"""

# {owner}: the declared owner's oid. Of what can be many, only what others own is read.
_RARE = (
    of("pg_class", _relation("'TYPE'", "''", "o.reltype::text", """(
         SELECT y.typacl FROM pg_catalog.pg_type y WHERE y.oid = o.reltype)"""),
       ODD_RELATION, further="AND " + _relations("o.relkind = 'c'")),
    of("pg_class", _relation(_RELATION, "''", """coalesce((  -- what it is a part of
         SELECT h.inhparent::text FROM pg_catalog.pg_inherits h WHERE h.inhrelid = o.oid LIMIT 1), '')"""),
       ODD_RELATION, further="AND " + _relations("o.relkind IN ('r', 'p', 'v', 'm', 'f') AND o.relispartition")),
    of("pg_proc", _routine(f"CASE WHEN o.oid IN ({_READ_THROUGH}) THEN 'definer read' ELSE 'definer' END"), ODD_ROUTINE,
       further="AND " + _routines("o.prosecdef")),
    of("pg_type", _type("'row'"), "o.typtype = 'c' AND o.typacl IS NOT NULL",  # it follows the table whose row it is
       further="AND 'c' <> (SELECT c.relkind FROM pg_catalog.pg_class c WHERE c.oid = o.typrelid)"),
    of("pg_foreign_data_wrapper",
       "'FOREIGN DATA WRAPPER', o.tableoid, o.oid, 0, o.fdwname::text, o.fdwowner, o.fdwacl, '', ''"),
    of("pg_foreign_server", "'SERVER', o.tableoid, o.oid, 0, o.srvname::text, o.srvowner, o.srvacl, '', ''"),
    of("pg_publication", "'PUBLICATION', o.tableoid, o.oid, 0, o.pubname::text, o.pubowner, NULL, '', ''"),
    of("pg_largeobject_metadata", "'LARGE OBJECT', o.tableoid, o.oid, 0, o.oid::text, o.lomowner, o.lomacl, '', ''",
       further="AND (o.lomacl IS NOT NULL OR o.lomowner <> {owner})"),
    _named("pg_statistic_ext", "stx", whole=True), *(_named(*pair) for pair in (
        ("pg_collation", "coll"), ("pg_conversion", "con"), ("pg_operator", "opr"), ("pg_opclass", "opc"),
        ("pg_opfamily", "opf"), ("pg_ts_dict", "dict"), ("pg_ts_config", "cfg"))))


def rare_objects(declared: int, born: int) -> list[Rare]:
    """Objects of which few databases have any. `declared`: the oid of the role that shall own all of them."""
    return filled(_RARE, owner=declared, born=born)


def objects(major: int, few: Iterable[Rare]) -> str:
    """What asks for all objects, those of `few` included: kind, catalog, oid, schema's oid, name, arguments, owner, acl,
    initial acl, further words."""
    return f"""
SELECT x.kind, x.catalog::int8, x.oid::int8, x.schema::int8, x.name,
       CASE WHEN x.kind = 'AGGREGATE' THEN  -- no ORDER BY, which only statements about aggregates understand
         (SELECT pg_catalog.oidvectortypes(f.proargtypes) FROM pg_catalog.pg_proc f WHERE f.oid = x.oid)
       WHEN x.catalog = 'pg_catalog.pg_proc'::regclass THEN pg_catalog.pg_get_function_identity_arguments(x.oid) ELSE '' END,
       x.owner::int8, x.acl::text, i.initprivs::text, x.word, x.other
FROM ({union((_ALWAYS.format(multirange=major < 17), *(one.query for one in few)))})
     x (kind, catalog, oid, schema, name, owner, acl, word, other)
LEFT JOIN pg_catalog.pg_init_privs i ON i.objoid = x.oid AND i.classoid = x.catalog AND i.objsubid = 0
WHERE x.oid >= 16384 OR x.schema = 0 OR x.owner <> 10 OR x.acl IS DISTINCT FROM i.initprivs"""


# what belongs to an extension, with the extension; and the functions that PostgreSQL makes with each range type
PARTS = """
SELECT d.classid::int8, d.objid::int8, d.deptype = 'e', d.refobjid::int8
FROM pg_catalog.pg_depend d
WHERE d.deptype = 'e' OR d.deptype = 'i' AND d.classid = 'pg_catalog.pg_proc'::regclass
  AND d.refclassid = 'pg_catalog.pg_type'::regclass"""

DEFAULTS = """
SELECT defaclrole::int8, defaclnamespace::int8,
       CASE defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES'
            WHEN 'n' THEN 'SCHEMAS' ELSE 'LARGE OBJECTS' END, defaclacl::text
FROM pg_catalog.pg_default_acl"""

EXTENSIONS = """
SELECT oid::int8, extname::text, extowner::int8 FROM pg_catalog.pg_extension"""

# foreign servers with tables on them, and extensions that lead out and whose objects something of somebody's uses, or into
# which somebody has put relations (they bring none): DROP EXTENSION would drop those, all rows included
NEEDED = """
SELECT DISTINCT 'foreign server', s.srvname::text FROM pg_catalog.pg_foreign_server s JOIN pg_catalog.pg_foreign_table f
ON f.ftserver = s.oid
UNION SELECT 'extension', x.extname::text FROM pg_catalog.pg_extension x
JOIN pg_catalog.pg_depend m ON m.refclassid = 'pg_catalog.pg_extension'::regclass AND m.refobjid = x.oid AND m.deptype = 'e'
JOIN pg_catalog.pg_depend d ON d.refclassid = m.classid AND d.refobjid = m.objid AND d.deptype = 'n'
WHERE x.extname ~ '(^dblink|_fdw|^multicorn)$' AND NOT EXISTS (
    SELECT 1 FROM pg_catalog.pg_depend e WHERE e.classid = d.classid AND e.objid = d.objid AND e.deptype = 'e')
  AND (d.classid <> 'pg_catalog.pg_foreign_server'::regclass OR EXISTS (
    SELECT 1 FROM pg_catalog.pg_foreign_table f WHERE f.ftserver = d.objid))
UNION SELECT 'extension that holds relations', x.extname::text FROM pg_catalog.pg_extension x
JOIN pg_catalog.pg_depend m ON m.refclassid = 'pg_catalog.pg_extension'::regclass AND m.refobjid = x.oid AND m.deptype = 'e'
JOIN pg_catalog.pg_class c ON m.classid = 'pg_catalog.pg_class'::regclass AND m.objid = c.oid
WHERE x.extname ~ '(^dblink|_fdw|^multicorn)$' AND c.relkind IN ('r', 'p', 'm', 'S', 'f', 'v')"""
