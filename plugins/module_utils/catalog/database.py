# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SQL for one database: a fixed number of set-based queries of raw catalog rows.

What initdb made (object ids below 16384) and what belongs to an extension is the server's and the extension's; of those
only what somebody changed is read: another owner, or an ACL that differs from the initial one (pg_init_privs).
"""

from __future__ import annotations

_MEMBER = ("EXISTS (SELECT 1 FROM pg_catalog.pg_depend e WHERE e.classid = '{catalog}'::regclass AND e.objid = o.oid"
           " AND e.deptype = 'e')")
_INITIAL = ("(SELECT i.initprivs FROM pg_catalog.pg_init_privs i WHERE i.classoid = '{catalog}'::regclass"
            " AND i.objoid = o.oid AND i.objsubid = 0)")


def _own(catalog: str, acl: str | None, owner: str) -> str:
    """WHERE: made by somebody, or the server's (an extension's) with an ACL or owner that somebody changed."""
    catalog = f"pg_catalog.{catalog}"
    builtin = f"(o.oid < 16384 OR {_MEMBER.format(catalog=catalog)})"
    changed = [f"o.{owner} <> 10 AND o.oid < 16384"]
    if acl:
        changed.append(f"o.{acl} IS NOT NULL AND o.{acl} IS DISTINCT FROM {_INITIAL.format(catalog=catalog)}")
    return f"(CASE WHEN {builtin} THEN {' OR '.join(changed)} ELSE true END)"


def _builtin(catalog: str) -> str:
    """Whether it is the server's or an extension's, and its initial ACL if so."""
    catalog = f"pg_catalog.{catalog}"
    return f"(o.oid < 16384 OR {_MEMBER.format(catalog=catalog)}), {_INITIAL.format(catalog=catalog)}::text"


# {owner}: the declared owner's oid. Of what can be many, only what others own is read.
# kind, oid, schema, name, arguments, owner, acl, whether it is the server's or an extension's, initial acl, further words
OBJECTS = f"""
SELECT 'SCHEMA', o.oid::int8, '', o.nspname::text, '', o.nspowner::int8, o.nspacl::text,
       o.oid <> 2200 AND {_builtin('pg_namespace')}, '', ''
FROM pg_catalog.pg_namespace o
WHERE o.nspname !~ '^pg_(toast|temp_|toast_temp_)' AND (o.oid = 2200 OR {_own('pg_namespace', 'nspacl', 'nspowner')})
UNION ALL
SELECT CASE o.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE'
                      WHEN 'S' THEN 'SEQUENCE' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END,
       o.oid::int8, n.nspname::text, o.relname::text, '', o.relowner::int8,
       CASE WHEN o.relkind <> 'c' THEN o.relacl::text END, {_builtin('pg_class')},
       coalesce((SELECT a.refobjid::int8::text FROM pg_catalog.pg_depend a
                 WHERE o.relkind = 'S' AND a.classid = 'pg_catalog.pg_class'::regclass AND a.objid = o.oid
                   AND a.refclassid = 'pg_catalog.pg_class'::regclass AND a.refobjsubid > 0 AND a.deptype IN ('a', 'i')
                 LIMIT 1), ''),
       coalesce((SELECT h.inhparent::int8::text FROM pg_catalog.pg_inherits h
                 WHERE o.relispartition AND h.inhrelid = o.oid LIMIT 1), '')
FROM pg_catalog.pg_class o JOIN pg_catalog.pg_namespace n ON n.oid = o.relnamespace
WHERE (o.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') OR o.relkind = 'c' AND NOT EXISTS (
         SELECT 1 FROM pg_catalog.pg_depend y WHERE y.classid = 'pg_catalog.pg_type'::regclass AND y.objid = o.reltype
         AND y.deptype = 'e')) AND o.relpersistence <> 't'
  AND n.nspname !~ '^pg_(toast|temp_|toast_temp_)' AND {_own('pg_class', 'relacl', 'relowner')}
UNION ALL
SELECT CASE o.prokind WHEN 'p' THEN 'PROCEDURE' WHEN 'a' THEN 'AGGREGATE' ELSE 'FUNCTION' END, o.oid::int8,
       n.nspname::text, o.proname::text, pg_catalog.pg_get_function_identity_arguments(o.oid), o.proowner::int8,
       o.proacl::text, {_builtin('pg_proc')},
       CASE WHEN o.prosecdef THEN 'definer' WHEN o.prorettype = 'pg_catalog.event_trigger'::regtype THEN 'event' ELSE '' END,
       CASE WHEN l.lanpltrusted OR l.lanname = 'sql' OR o.prokind = 'a' THEN '' ELSE l.lanname::text END
FROM pg_catalog.pg_proc o JOIN pg_catalog.pg_namespace n ON n.oid = o.pronamespace
     JOIN pg_catalog.pg_language l ON l.oid = o.prolang
WHERE n.nspname !~ '^pg_(toast|temp_|toast_temp_)' AND {_own('pg_proc', 'proacl', 'proowner')}
  AND NOT (o.proowner = 10 AND EXISTS (  -- what PostgreSQL itself makes with each range type
    SELECT 1 FROM pg_catalog.pg_depend i WHERE i.classid = 'pg_catalog.pg_proc'::regclass AND i.objid = o.oid
      AND i.deptype = 'i' AND i.refclassid = 'pg_catalog.pg_type'::regclass))
UNION ALL
SELECT CASE o.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, o.oid::int8, n.nspname::text, o.typname::text, '',
       o.typowner::int8, o.typacl::text, {_builtin('pg_type')}, '', ''
FROM pg_catalog.pg_type o JOIN pg_catalog.pg_namespace n ON n.oid = o.typnamespace
WHERE o.typtype IN ('b', 'd', 'e', 'r') AND NOT (o.typelem <> 0 AND o.typlen = -1)
  AND n.nspname !~ '^pg_(toast|temp_|toast_temp_)' AND {_own('pg_type', 'typacl', 'typowner')}
UNION ALL
SELECT 'LANGUAGE', o.oid::int8, '', o.lanname::text, '', o.lanowner::int8, o.lanacl::text, {_builtin('pg_language')},
       CASE WHEN o.lanpltrusted THEN '' ELSE 'untrusted' END, ''
FROM pg_catalog.pg_language o
WHERE {_own('pg_language', 'lanacl', 'lanowner')}
UNION ALL
SELECT 'FOREIGN DATA WRAPPER', o.oid::int8, '', o.fdwname::text, '', o.fdwowner::int8, o.fdwacl::text,
       {_builtin('pg_foreign_data_wrapper')}, '', ''
FROM pg_catalog.pg_foreign_data_wrapper o WHERE {_own('pg_foreign_data_wrapper', 'fdwacl', 'fdwowner')}
UNION ALL
SELECT 'SERVER', o.oid::int8, '', o.srvname::text, '', o.srvowner::int8, o.srvacl::text, false, NULL, '', ''
FROM pg_catalog.pg_foreign_server o
UNION ALL
SELECT 'LARGE OBJECT', o.oid::int8, '', o.oid::text, '', o.lomowner::int8, o.lomacl::text, false, NULL, '', ''
FROM pg_catalog.pg_largeobject_metadata o
WHERE o.lomacl IS NOT NULL OR o.lomowner <> {{owner}}"""


def _named(catalog: str, owner: str) -> str:
    """Kinds without privileges whose names only the server can write, of another owner than {owner}."""
    catalog = f"pg_catalog.{catalog}"
    return f"""
SELECT pg_catalog.upper(n.type), o.oid::int8, '', n.identity, '', o.{owner}::int8, NULL, false, NULL, '', ''
FROM {catalog} o, LATERAL pg_catalog.pg_identify_object('{catalog}'::regclass, o.oid, 0) n
WHERE (o.oid >= 16384 OR o.{owner} <> 10) AND NOT {_MEMBER.format(catalog=catalog)}
  AND o.{owner} <> {{owner}}"""


NAMED_OBJECTS = "\nUNION ALL".join(_named(*pair) for pair in (
    ("pg_collation", "collowner"), ("pg_conversion", "conowner"), ("pg_operator", "oprowner"),
    ("pg_opclass", "opcowner"), ("pg_opfamily", "opfowner"), ("pg_statistic_ext", "stxowner"),
    ("pg_ts_dict", "dictowner"), ("pg_ts_config", "cfgowner")))

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
WHERE a.attrelid >= 16384 AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'm', 'f', 'v')
  AND c.relpersistence <> 't'
  AND (t.typname IN ('vector', 'halfvec', 'sparsevec') OR b.typname IN ('vector', 'halfvec', 'sparsevec')
       OR (a.attname ~* '(embedding|vector)' AND coalesce(b.typcategory, 'X') = 'N' AND t.typcategory = 'A'))"""

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
UNION ALL SELECT 'publication', p.pubname::text, CASE WHEN p.puballtables THEN 'all tables' ELSE '' END, NULL
FROM pg_catalog.pg_publication p
UNION ALL SELECT 'unwalled language', l.lanname::text, 'marked as trusted', NULL FROM pg_catalog.pg_language l
WHERE l.lanname IN ('c', 'internal') AND l.lanpltrusted
UNION ALL SELECT 'extension owner', x.extname::text, pg_catalog.pg_get_userbyid(x.extowner)::text, NULL
FROM pg_catalog.pg_extension x, pg_catalog.pg_database d, pg_catalog.pg_roles r
WHERE d.datname = pg_catalog.current_database() AND r.oid = x.extowner AND NOT r.rolsuper AND r.oid <> d.datdba
UNION ALL SELECT 'event trigger', e.evtname::text, e.evtevent::text, NULL FROM pg_catalog.pg_event_trigger e
UNION ALL SELECT 'foreign data wrapper', w.fdwname::text, '', NULL FROM pg_catalog.pg_foreign_data_wrapper w
WHERE NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend e WHERE e.objid = w.oid AND e.deptype = 'e'
                  AND e.classid = 'pg_catalog.pg_foreign_data_wrapper'::regclass)
UNION ALL SELECT 'tablespace use', t.spcname::text, pg_catalog.string_agg(DISTINCT c.relname::text, ', '), NULL
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_tablespace t ON t.oid = c.reltablespace
WHERE c.oid >= 16384 AND c.relpersistence <> 't' GROUP BY t.spcname"""
