# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SQL for what few databases have and what is no object with owner and grants: ways out and in, hooks, embeddings."""

from __future__ import annotations

from .rare import ODD_RELATION, ODD_ROUTINE, ODD_RULE, Rare, not_of_an_extension, of

_OPTIONS = ("coalesce((SELECT ' OPTIONS (' || pg_catalog.string_agg(pg_catalog.format('%I %L', "
            "pg_catalog.split_part(x, '=', 1), pg_catalog.substr(x, pg_catalog.strpos(x, '=') + 1)), ', ') || ')'"
            " FROM pg_catalog.unnest({options}) x), '')")


def _hook(catalog: str, kind: str, name: str, table: str, where: str = "") -> Rare:
    return of(catalog, f"'hook on a system table', o.{name} || ' on ' || o.{table}::regclass, '{kind}', NULL", where, "",
              f"AND o.{table} < 16384")


def _made(catalog: str, kind: str, name: str, where: str = "o.oid >= 16384", joins: str = "",
          everywhere: str = "true") -> Rare:
    return of(catalog, f"'{kind}', {name}, '', NULL", where, joins,
              f"AND ({everywhere} OR pg_catalog.current_database() = 'template1') {not_of_an_extension(catalog)}")


_EXTENSION_OF = """JOIN pg_catalog.pg_depend e ON e.classid = 'pg_catalog.pg_proc'::regclass AND e.objid = o.oid
     AND e.deptype = 'e' JOIN pg_catalog.pg_extension x ON x.oid = e.refobjid"""
# what may be machine code of somebody's: PostgreSQL's own under another name, or of a module that bears no extension's name
_ODD_CODE = """o.oid >= 16384 AND (o.prolang = 12 OR o.prolang = 13 AND NOT EXISTS (SELECT FROM pg_catalog.pg_extension n
  WHERE pg_catalog.starts_with(pg_catalog.regexp_replace(o.probin, '^.*/', ''), n.extname::text)))"""
# it is, where not everybody may call the former, and where most functions of the extension are of another module
_NOT_BROUGHT = """AND CASE o.prolang WHEN 12 THEN o.prosrc IN (
    SELECT b.prosrc FROM pg_catalog.pg_proc b WHERE b.oid < 16384 AND b.prolang = 12 AND b.proacl IS NOT NULL
    AND NOT EXISTS (SELECT FROM pg_catalog.aclexplode(b.proacl) a WHERE a.grantee = 0))
  ELSE o.probin <> (SELECT p.probin FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_proc p ON p.oid = d.objid
    WHERE d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.refobjid = x.oid AND d.deptype = 'e'
      AND d.classid = 'pg_catalog.pg_proc'::regclass AND p.prolang = 13
    GROUP BY p.probin ORDER BY pg_catalog.count(*) DESC, p.probin LIMIT 1) END"""

# A grant writes a function's row anew too. What then tells is a body in quotes: few of PostgreSQL's own in SQL have one.
_NO_MORE_THAN_GRANTED = """NOT o.prosecdef AND o.proconfig IS NULL AND o.prolang IN (12, 13, 14) AND o.proacl IS NOT NULL
  AND (o.prolang <> 14 OR o.prosrc = '' OR o.proname IN (
    'quote_literal', 'quote_nullable', 'textanycat', 'anytextcat', '_pg_expandarray'))"""
# PostgreSQL's own script for CVE-2024-4317 replaces these views. What it brings is pg_has_role(oid, text).
_FIXED = """(SELECT c.relname FROM pg_catalog.pg_class c WHERE c.oid = o.ev_class) IN ('pg_stats_ext', 'pg_stats_ext_exprs')
  AND o.ev_action::text LIKE '%:funcid 2710 %' AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
    WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = o.oid AND d.refobjid >= 16384)"""

# kind, name, detail, and the statement that makes it again where a removal may drop it (it can hold secrets)
THINGS = (
    of("pg_foreign_server", f"""'foreign server', o.srvname::text, coalesce(pg_catalog.array_to_string(ARRAY(
         SELECT x FROM pg_catalog.unnest(o.srvoptions) x WHERE x ~ '^(host|hostaddr|port|dbname)='), ' '), ''),
       pg_catalog.format('CREATE SERVER %I FOREIGN DATA WRAPPER %I', o.srvname, w.fdwname)
         || {_OPTIONS.format(options='o.srvoptions')}
         || pg_catalog.format('; ALTER SERVER %I OWNER TO %I', o.srvname, pg_catalog.pg_get_userbyid(o.srvowner))""",
       joins="JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = o.srvfdw"),
    of("pg_foreign_server", f"""'user mapping', m.usename::text || ' on ' || m.srvname::text,
       coalesce(pg_catalog.array_to_string(ARRAY(
         SELECT x FROM pg_catalog.unnest(m.umoptions) x WHERE x ~ '^user='), ' '), ''),
       'CREATE USER MAPPING FOR ' || CASE WHEN m.umuser = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(m.usename) END
         || pg_catalog.format(' SERVER %I', m.srvname) || {_OPTIONS.format(options='m.umoptions')}""",
       joins="JOIN pg_catalog.pg_user_mappings m ON m.srvid = o.oid"),
    of("pg_publication", """'publication', o.pubname::text, CASE WHEN o.puballtables THEN 'all tables' WHEN EXISTS (
         SELECT FROM pg_catalog.pg_publication_namespace n WHERE n.pnpubid = o.oid) THEN 'all tables of a schema'
       ELSE '' END, NULL"""),
    of("pg_language", "'unwalled language', o.lanname::text, 'marked as trusted', NULL",
       "o.lanpltrusted AND o.lanname ~ '^(c|internal|.+u)$'"),
    of("pg_extension", "'extension owner', o.extname::text, r.rolname::text, NULL", "o.extowner <> 10",
       "JOIN pg_catalog.pg_roles r ON r.oid = o.extowner"
       " JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database()",
       "AND NOT r.rolsuper AND r.oid <> d.datdba"),
    of("pg_event_trigger", "'event trigger', o.evtname::text, o.evtevent::text, NULL"),
    of("pg_foreign_data_wrapper", "'foreign data wrapper', o.fdwname::text, '', NULL",
       further=not_of_an_extension("pg_foreign_data_wrapper")),
    of("pg_class", "'tablespace use', t.spcname::text, pg_catalog.string_agg(DISTINCT o.relname::text, ', '), NULL",
       ODD_RELATION, "JOIN pg_catalog.pg_tablespace t ON t.oid = o.reltablespace",
       "AND o.oid >= 16384 AND o.relpersistence <> 't' GROUP BY t.spcname"),
    of("pg_database", "'tablespace use', t.spcname::text, 'the whole database', NULL",
       "o.datname = pg_catalog.current_database() AND o.dattablespace <> 1663",  # pg_default's
       "JOIN pg_catalog.pg_tablespace t ON t.oid = o.dattablespace"),
    of("pg_proc", """'function in an extension', o.oid::regprocedure::text,
       x.extname || ', owner ' || pg_catalog.pg_get_userbyid(o.proowner), NULL""", ODD_ROUTINE,
       _EXTENSION_OF,
       "AND o.prosecdef AND o.oid >= 16384"
       " AND (o.proacl IS NULL OR EXISTS (SELECT FROM pg_catalog.aclexplode(o.proacl) a WHERE a.grantee = 0))"),
    of("pg_proc", """'foreign code in an extension', o.oid::regprocedure::text,
       x.extname || ', ' || coalesce(o.probin || ', ', '') || o.prosrc, NULL""", _ODD_CODE,
       _EXTENSION_OF, _NOT_BROUGHT),
    of("pg_proc", """'altered function', o.oid::regprocedure::text,
       CASE WHEN o.prosecdef THEN 'runs as its owner' ELSE 'has a body, settings or attributes of somebody''s' END, NULL""",
       ODD_ROUTINE, further=f"AND o.oid < 16384 AND NOT ({_NO_MORE_THAN_GRANTED})"),
    of("pg_rewrite", "'altered view', o.ev_class::regclass::text, '', NULL", ODD_RULE,
       further=f"AND o.oid < 16384 AND NOT ({_FIXED})"),
    of("pg_rewrite", "'hook on a system table', o.rulename || ' on ' || o.ev_class::regclass, 'rule', NULL", ODD_RULE,
       further="AND o.oid >= 16384"),
    _hook("pg_policy", "policy", "polname", "polrelid"),
    _hook("pg_trigger", "trigger", "tgname", "tgrelid", "o.tgrelid < 16384"),
    _made("pg_cast", "cast", "o.castsource::regtype || ' as ' || o.casttarget::regtype",
          everywhere="o.castsource < 16384 AND o.casttarget < 16384"),
    _made("pg_transform", "transform", "o.trftype::regtype || ' for language ' || l.lanname", "",
          "JOIN pg_catalog.pg_language l ON l.oid = o.trflang", "o.trftype < 16384"),
    _made("pg_am", "access method", "o.amname::text"),
    _made("pg_ts_parser", "text search parser", "o.prsname::text"),
    _made("pg_ts_template", "text search template", "o.tmplname::text"))

# an embedding: one of pgvector's types (or a domain or array of one), or an array of numbers in a column named like one
_VECTORS = """
SELECT a.attrelid::int8, a.attname::text FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.typelem END
LEFT JOIN pg_catalog.pg_type e ON e.oid = CASE WHEN b.typtype = 'd' THEN b.typbasetype ELSE b.typelem END
WHERE a.attrelid >= 16384 AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'm', 'f', 'v')
  AND c.relpersistence <> 't'
  AND ('{vector,halfvec,sparsevec}'::name[] && ARRAY[t.typname, b.typname, e.typname]
       OR (a.attname ~* '(embedding|vector)' AND t.typcategory = 'A' AND 'N' IN (b.typcategory, e.typcategory)))"""
VECTORS = (Rare("pg_type", "o.typname IN ('vector', 'halfvec', 'sparsevec')", _VECTORS),
           Rare("pg_attribute", "o.attrelid >= 16384 AND o.attname ~* '(embedding|vector)'", _VECTORS))

# the grants on single columns, but for those of PostgreSQL's own that were there at first
_INITIAL = """(SELECT i.initprivs FROM pg_catalog.pg_init_privs i WHERE i.classoid = 'pg_catalog.pg_class'::regclass
  AND i.objoid = o.attrelid AND i.objsubid = o.attnum)"""
COLUMNS = of("pg_attribute", "o.attrelid::int8, o.attname::text, o.attacl::text, n.nspname::text, c.relname::text, "
             f"{_INITIAL}::text", "o.attacl IS NOT NULL AND NOT o.attisdropped AND (o.attrelid >= 16384 OR o.attacl IS "
             f"DISTINCT FROM {_INITIAL})",
             "JOIN pg_catalog.pg_class c ON c.oid = o.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace",
             "AND c.relpersistence <> 't'")
