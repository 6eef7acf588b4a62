"""SQL that tells what rows and what things a server holds, to compare before and after."""

from __future__ import annotations

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
