# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SQL for one database: a fixed number of set-based queries of raw catalog rows.

What initdb made (object ids below 16384) and what belongs to an extension is the server's and the extension's; of those
only what somebody changed is read: another owner, or an ACL that differs from the initial one (pg_init_privs).
"""

from __future__ import annotations

# whether somebody made it, or changed its initial ACL (pg_init_privs) or its owner; 10 is the bootstrap superuser
_TOUCHED = "(o.oid >= 16384 OR o.{acl} IS NOT NULL AND o.{acl} IS DISTINCT FROM i.initprivs OR o.{owner} <> 10)"


def _from(catalog: str) -> str:
    return (f"FROM pg_catalog.{catalog} o LEFT JOIN pg_catalog.pg_init_privs i"
            f" ON i.objoid = o.oid AND i.classoid = 'pg_catalog.{catalog}'::regclass AND i.objsubid = 0")


# {owner}: the declared owner's oid. Of what can be many, only what others own is read. {multirange}: whether a multirange
# type has an owner of its own, as before PostgreSQL 17. Few joins, few conditions: new sessions plan it with empty caches.
# kind, catalog, oid, schema's oid, name, arguments, owner, acl, initial acl, further words
OBJECTS = f"""
SELECT 'SCHEMA', o.tableoid::int8, o.oid::int8, 0::int8, o.nspname::text, '', o.nspowner::int8, o.nspacl::text,
       i.initprivs::text, '', ''
{_from('pg_namespace')}
UNION ALL
SELECT 'LANGUAGE', o.tableoid::int8, o.oid::int8, 0, o.lanname::text, '', o.lanowner::int8, o.lanacl::text,
       i.initprivs::text, CASE WHEN o.lanpltrusted THEN '' ELSE 'untrusted' END, ''
{_from('pg_language')}
UNION ALL
SELECT CASE o.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE'
                      WHEN 'S' THEN 'SEQUENCE' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END,
       o.tableoid::int8, o.oid::int8, o.relnamespace::int8, o.relname::text, '', o.relowner::int8,
       CASE WHEN o.relkind <> 'c' THEN o.relacl::text
            ELSE (SELECT y.typacl::text FROM pg_catalog.pg_type y WHERE y.oid = o.reltype) END,
       i.initprivs::text,
       CASE o.relkind WHEN 't' THEN 'toast' WHEN 'S' THEN coalesce((  -- the table whose column it serves
         SELECT a.refobjid::int8::text FROM pg_catalog.pg_depend a
         WHERE a.classid = 'pg_catalog.pg_class'::regclass AND a.objid = o.oid
           AND a.refclassid = 'pg_catalog.pg_class'::regclass AND a.refobjsubid > 0 AND a.deptype IN ('a', 'i')
         LIMIT 1), '') ELSE '' END,
       CASE WHEN o.relkind = 'c' THEN o.reltype::text WHEN o.relispartition THEN coalesce((
         SELECT h.inhparent::int8::text FROM pg_catalog.pg_inherits h WHERE h.inhrelid = o.oid LIMIT 1), '') ELSE '' END
{_from('pg_class')}
WHERE (o.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') OR o.relkind = 't' AND o.relacl IS NOT NULL)
  AND o.relpersistence <> 't' AND {_TOUCHED.format(acl='relacl', owner='relowner')}
UNION ALL
SELECT CASE o.prokind WHEN 'p' THEN 'PROCEDURE' WHEN 'a' THEN 'AGGREGATE' ELSE 'FUNCTION' END, o.tableoid::int8,
       o.oid::int8, o.pronamespace::int8, o.proname::text, pg_catalog.pg_get_function_identity_arguments(o.oid),
       o.proowner::int8, o.proacl::text, i.initprivs::text,
       CASE WHEN o.prosecdef AND EXISTS (  -- a view or a policy calls it, as whoever reads
              SELECT 1 FROM pg_catalog.pg_depend v WHERE v.refclassid = 'pg_catalog.pg_proc'::regclass AND v.refobjid = o.oid
                AND v.classid IN ('pg_catalog.pg_policy'::regclass, 'pg_catalog.pg_rewrite'::regclass)) THEN 'definer read'
            WHEN o.prosecdef THEN 'definer' WHEN o.prorettype = 'pg_catalog.event_trigger'::regtype THEN 'event' ELSE '' END,
       CASE WHEN o.prokind = 'a' THEN '' ELSE o.prolang::text END
{_from('pg_proc')}
WHERE {_TOUCHED.format(acl='proacl', owner='proowner')}
UNION ALL
SELECT CASE o.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, o.tableoid::int8, o.oid::int8, o.typnamespace::int8,
       o.typname::text, '', o.typowner::int8, o.typacl::text, i.initprivs::text,
       CASE o.typtype WHEN 'c' THEN 'row' ELSE '' END, ''  -- it follows the table whose row it is
{_from('pg_type')}
WHERE (o.typtype IN ('b', 'd', 'e', 'r') OR o.typtype = 'p' AND NOT o.typisdefined OR o.typtype = 'm' AND {{multirange}}
       OR o.typtype = 'c' AND o.typacl IS NOT NULL AND 'c' <> (
         SELECT c.relkind FROM pg_catalog.pg_class c WHERE c.oid = o.typrelid))
  AND NOT (o.typelem <> 0 AND o.typlen = -1) AND {_TOUCHED.format(acl='typacl', owner='typowner')}
UNION ALL
SELECT 'FOREIGN DATA WRAPPER', o.tableoid::int8, o.oid::int8, 0, o.fdwname::text, '', o.fdwowner::int8, o.fdwacl::text,
       i.initprivs::text, '', ''
{_from('pg_foreign_data_wrapper')}
UNION ALL
SELECT 'SERVER', o.tableoid::int8, o.oid::int8, 0, o.srvname::text, '', o.srvowner::int8, o.srvacl::text, NULL, '', ''
FROM pg_catalog.pg_foreign_server o
UNION ALL
SELECT 'PUBLICATION', o.tableoid::int8, o.oid::int8, 0, o.pubname::text, '', o.pubowner::int8, NULL, NULL, '', ''
FROM pg_catalog.pg_publication o
UNION ALL
SELECT 'LARGE OBJECT', o.tableoid::int8, o.oid::int8, 0, o.oid::text, '', o.lomowner::int8, o.lomacl::text, NULL, '', ''
FROM pg_catalog.pg_largeobject_metadata o
WHERE o.lomacl IS NOT NULL OR o.lomowner <> {{owner}}"""


def _named(catalog: str, prefix: str) -> str:
    """Kinds without privileges whose names only the server can write: those of another owner than {owner}, or that lie
    among PostgreSQL's own."""
    owner, schema, catalog = f"{prefix}owner", f"{prefix}namespace", f"pg_catalog.{catalog}"
    return f"""
SELECT pg_catalog.upper(n.type), o.tableoid::int8, o.oid::int8, 0, n.identity, '', o.{owner}::int8, NULL, NULL,
       CASE WHEN o.{schema} = 11 AND o.oid >= 16384 THEN 'pg_catalog' ELSE '' END, ''
FROM {catalog} o, LATERAL pg_catalog.pg_identify_object('{catalog}'::regclass, o.oid, 0) n
WHERE CASE WHEN o.oid < 16384 THEN o.{owner} <> 10 ELSE o.{owner} <> {{owner}} OR o.{schema} = 11 END"""


NAMED_OBJECTS = "\nUNION ALL".join(_named(*pair) for pair in (
    ("pg_collation", "coll"), ("pg_conversion", "con"), ("pg_operator", "opr"), ("pg_opclass", "opc"),
    ("pg_opfamily", "opf"), ("pg_statistic_ext", "stx"), ("pg_ts_dict", "dict"), ("pg_ts_config", "cfg")))

# what belongs to an extension, with the extension's owner; and the functions that PostgreSQL makes with each range type
PARTS = """
SELECT d.classid::int8, d.objid::int8, d.deptype = 'e', x.extowner::int8
FROM pg_catalog.pg_depend d LEFT JOIN pg_catalog.pg_extension x ON x.oid = d.refobjid
WHERE d.deptype = 'e' OR d.deptype = 'i' AND d.classid = 'pg_catalog.pg_proc'::regclass
  AND d.refclassid = 'pg_catalog.pg_type'::regclass"""

COLUMNS = """
SELECT a.attrelid::int8, a.attname::text, a.attacl::text, n.nspname::text, c.relname::text
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relpersistence <> 't' AND a.attacl IS NOT NULL AND NOT a.attisdropped AND a.attacl IS DISTINCT FROM
  (SELECT i.initprivs FROM pg_catalog.pg_init_privs i WHERE i.classoid = 'pg_catalog.pg_class'::regclass
   AND i.objoid = a.attrelid AND i.objsubid = a.attnum)"""

# an embedding: one of pgvector's types (or a domain or array of one), or an array of numbers in a column named like one
VECTORS = """
SELECT a.attrelid::int8, a.attname::text FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.typelem END
LEFT JOIN pg_catalog.pg_type e ON e.oid = CASE WHEN b.typtype = 'd' THEN b.typbasetype ELSE b.typelem END
WHERE a.attrelid >= 16384 AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'm', 'f', 'v')
  AND c.relpersistence <> 't'
  AND ('{vector,halfvec,sparsevec}'::name[] && ARRAY[t.typname, b.typname, e.typname]
       OR (a.attname ~* '(embedding|vector)' AND t.typcategory = 'A' AND 'N' IN (b.typcategory, e.typcategory)))"""

DEFAULTS = """
SELECT defaclrole::int8, CASE WHEN defaclnamespace = 0 THEN '' ELSE
         coalesce((SELECT nspname::text FROM pg_catalog.pg_namespace WHERE oid = defaclnamespace), '') END,
       CASE defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES'
            WHEN 'n' THEN 'SCHEMAS' ELSE 'LARGE OBJECTS' END, defaclacl::text
FROM pg_catalog.pg_default_acl"""

EXTENSIONS = """
SELECT extname::text FROM pg_catalog.pg_extension"""

_OPTIONS = ("coalesce((SELECT ' OPTIONS (' || pg_catalog.string_agg(pg_catalog.format('%I %L', "
            "pg_catalog.split_part(x, '=', 1), pg_catalog.substr(x, pg_catalog.strpos(x, '=') + 1)), ', ') || ')'"
            " FROM pg_catalog.unnest({options}) x), '')")

# kind, name, detail, and the statement that makes it again where a removal may drop it (it can hold secrets)
THINGS = f"""
SELECT 'foreign server', s.srvname::text, coalesce(pg_catalog.array_to_string(ARRAY(
         SELECT x FROM pg_catalog.unnest(s.srvoptions) x WHERE x ~ '^(host|hostaddr|port|dbname)='), ' '), ''),
       pg_catalog.format('CREATE SERVER %I FOREIGN DATA WRAPPER %I', s.srvname, w.fdwname)
         || {_OPTIONS.format(options='s.srvoptions')}
         || pg_catalog.format('; ALTER SERVER %I OWNER TO %I', s.srvname, pg_catalog.pg_get_userbyid(s.srvowner))
FROM pg_catalog.pg_foreign_server s JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw
UNION ALL SELECT 'user mapping', m.usename::text || ' on ' || m.srvname::text,
         coalesce(pg_catalog.array_to_string(ARRAY(
           SELECT x FROM pg_catalog.unnest(m.umoptions) x WHERE x ~ '^user='), ' '), ''),
       'CREATE USER MAPPING FOR ' || CASE WHEN m.umuser = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(m.usename) END
         || pg_catalog.format(' SERVER %I', m.srvname) || {_OPTIONS.format(options='m.umoptions')}
FROM pg_catalog.pg_user_mappings m
UNION ALL SELECT 'publication', p.pubname::text, CASE WHEN p.puballtables THEN 'all tables' WHEN EXISTS (
         SELECT 1 FROM pg_catalog.pg_publication_namespace n WHERE n.pnpubid = p.oid) THEN 'all tables of a schema'
       ELSE '' END, NULL
FROM pg_catalog.pg_publication p
UNION ALL SELECT 'unwalled language', l.lanname::text, 'marked as trusted', NULL FROM pg_catalog.pg_language l
WHERE l.lanname ~ '^(c|internal|.+u)$' AND l.lanpltrusted
UNION ALL SELECT 'extension owner', x.extname::text, pg_catalog.pg_get_userbyid(x.extowner)::text, NULL
FROM pg_catalog.pg_extension x, pg_catalog.pg_database d, pg_catalog.pg_roles r
WHERE d.datname = pg_catalog.current_database() AND r.oid = x.extowner AND NOT r.rolsuper AND r.oid <> d.datdba
UNION ALL SELECT 'event trigger', e.evtname::text, e.evtevent::text, NULL FROM pg_catalog.pg_event_trigger e
UNION ALL SELECT 'foreign data wrapper', w.fdwname::text, '', NULL FROM pg_catalog.pg_foreign_data_wrapper w
WHERE NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend e WHERE e.objid = w.oid AND e.deptype = 'e'
                  AND e.classid = 'pg_catalog.pg_foreign_data_wrapper'::regclass)
UNION ALL SELECT 'tablespace use', t.spcname::text, pg_catalog.string_agg(DISTINCT c.relname::text, ', '), NULL
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_tablespace t ON t.oid = c.reltablespace
WHERE c.oid >= 16384 AND c.relpersistence <> 't' GROUP BY t.spcname
UNION ALL SELECT 'function in an extension', p.oid::regprocedure::text,
       x.extname || ', owner ' || pg_catalog.pg_get_userbyid(p.proowner), NULL
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_depend e ON e.classid = 'pg_catalog.pg_proc'::regclass AND e.objid = p.oid
     AND e.deptype = 'e' JOIN pg_catalog.pg_extension x ON x.oid = e.refobjid
WHERE p.prosecdef AND p.oid >= 16384 AND (p.proacl IS NULL OR EXISTS (
  SELECT 1 FROM pg_catalog.aclexplode(p.proacl) a WHERE a.grantee = 0))
UNION ALL SELECT 'altered function', p.oid::regprocedure::text,
       CASE WHEN p.prosecdef THEN 'runs as its owner' ELSE 'has a body or settings of somebody''s' END, NULL
FROM pg_catalog.pg_proc p
WHERE p.oid < 16384 AND (p.prosecdef OR p.proconfig IS NOT NULL OR p.prolang NOT IN (12, 13, 14))
UNION ALL SELECT 'hook on a system table', x.name, x.kind, NULL
FROM (SELECT t.tgname || ' on ' || t.tgrelid::regclass, 'trigger' FROM pg_catalog.pg_trigger t WHERE t.tgrelid < 16384
      UNION ALL SELECT r.rulename || ' on ' || r.ev_class::regclass, 'rule' FROM pg_catalog.pg_rewrite r
      WHERE r.ev_class < 16384 AND r.oid >= 16384
      UNION ALL SELECT l.polname || ' on ' || l.polrelid::regclass, 'policy' FROM pg_catalog.pg_policy l
      WHERE l.polrelid < 16384) x(name, kind)
UNION ALL SELECT k.kind, k.name, '', NULL
FROM (SELECT 'cast', c.castsource::regtype || ' as ' || c.casttarget::regtype, c.oid, c.tableoid,
             c.castsource < 16384 AND c.casttarget < 16384 FROM pg_catalog.pg_cast c WHERE c.oid >= 16384
      UNION ALL SELECT 'transform', f.trftype::regtype || ' for language ' || l.lanname, f.oid, f.tableoid, f.trftype < 16384
      FROM pg_catalog.pg_transform f JOIN pg_catalog.pg_language l ON l.oid = f.trflang WHERE f.oid >= 16384
      UNION ALL SELECT 'access method', amname::text, oid, tableoid, true FROM pg_catalog.pg_am WHERE oid >= 16384
      UNION ALL SELECT 'text search parser', prsname::text, oid, tableoid, true FROM pg_catalog.pg_ts_parser
      WHERE oid >= 16384
      UNION ALL SELECT 'text search template', tmplname::text, oid, tableoid, true FROM pg_catalog.pg_ts_template
      WHERE oid >= 16384) k(kind, name, oid, catalog, everywhere)
WHERE (k.everywhere OR pg_catalog.current_database() = 'template1') AND NOT EXISTS (
  SELECT 1 FROM pg_catalog.pg_depend e WHERE e.classid = k.catalog AND e.objid = k.oid AND e.deptype = 'e')
UNION ALL SELECT 'tablespace use', t.spcname::text, 'the whole database', NULL
FROM pg_catalog.pg_database d JOIN pg_catalog.pg_tablespace t ON t.oid = d.dattablespace
WHERE d.datname = pg_catalog.current_database() AND t.spcname <> 'pg_default'"""


# foreign servers with tables on them, and extensions that lead out and whose objects something of somebody's uses
NEEDED = """
SELECT DISTINCT 'foreign server', s.srvname::text FROM pg_catalog.pg_foreign_server s JOIN pg_catalog.pg_foreign_table f
ON f.ftserver = s.oid
UNION SELECT 'extension', x.extname::text FROM pg_catalog.pg_extension x
JOIN pg_catalog.pg_depend m ON m.refclassid = 'pg_catalog.pg_extension'::regclass AND m.refobjid = x.oid AND m.deptype = 'e'
JOIN pg_catalog.pg_depend d ON d.refclassid = m.classid AND d.refobjid = m.objid AND d.deptype = 'n'
WHERE x.extname ~ '(^dblink|_fdw|^multicorn)$' AND NOT EXISTS (
    SELECT 1 FROM pg_catalog.pg_depend e WHERE e.classid = d.classid AND e.objid = d.objid AND e.deptype = 'e')
  AND (d.classid <> 'pg_catalog.pg_foreign_server'::regclass OR EXISTS (
    SELECT 1 FROM pg_catalog.pg_foreign_table f WHERE f.ftserver = d.objid))"""


# where somebody may have written a secret down; stored credentials (user mappings) are told themselves
WORDS = """
SELECT 'the comment on ' || pg_catalog.pg_describe_object(classoid, objoid, objsubid), description
FROM pg_catalog.pg_description WHERE objoid >= 16384
UNION ALL SELECT 'the body of function ' || p.oid::regprocedure, p.prosrc
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
WHERE p.oid >= 16384 AND l.lanname NOT IN ('c', 'internal')
UNION ALL SELECT 'the options of foreign server ' || srvname, srvoptions::text FROM pg_catalog.pg_foreign_server
WHERE srvoptions IS NOT NULL
UNION ALL SELECT 'the options of foreign table ' || ftrelid::regclass, ftoptions::text FROM pg_catalog.pg_foreign_table
WHERE ftoptions IS NOT NULL"""
