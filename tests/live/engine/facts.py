"""A server as a set of atomic facts, read without the engine: who owns what, and who may do what to what.

ACLs are expanded (defaults included), so that a NULL and what it means are the same. Each fact is a tuple; the first word
says what it is about, and in which database.
"""

from __future__ import annotations

from live.engine.neighborhood import Neighborhood

Fact = tuple[str, ...]
_SHARED = """
SELECT 'role', rolname,
       rolsuper || ' ' || rolcreatedb || ' ' || rolcreaterole || ' ' || rolreplication || ' ' || rolbypassrls,
       rolcanlogin::text, rolconnlimit::text, coalesce(rolpassword, ''),
       coalesce(nullif(rolvaliduntil, 'infinity')::text, '') FROM pg_authid
UNION ALL
SELECT 'member', roleid::regrole::text, member::regrole::text, grantor::regrole::text, admin_option::text, {inherit}, ''
FROM pg_auth_members
UNION ALL SELECT 'database', datname, datallowconn::text, datistemplate::text, datconnlimit::text, '', '' FROM pg_database
UNION ALL SELECT 'setting', setdatabase::text, CASE setrole WHEN 0 THEN '' ELSE setrole::regrole::text END, s, '', '', ''
FROM pg_db_role_setting, unnest(setconfig) s
UNION ALL SELECT 'owner', 'database', datname, datdba::regrole::text, '', '', '' FROM pg_database
UNION ALL SELECT 'owner', 'tablespace', spcname, spcowner::regrole::text, '', '', '' FROM pg_tablespace
UNION ALL SELECT 'grant', 'database', datname, {entry} FROM pg_database,
          aclexplode(coalesce(datacl, acldefault('d', datdba))) e
UNION ALL SELECT 'grant', 'tablespace', spcname, {entry} FROM pg_tablespace,
          aclexplode(coalesce(spcacl, acldefault('t', spcowner))) e
UNION ALL SELECT 'grant', 'parameter', parname, {entry} FROM pg_parameter_acl, aclexplode(paracl) e"""
_INSIDE = """
SELECT 'owner', k || ' ' || n, owner::regrole::text, '', '', '' FROM (
  SELECT 'schema', nspname, nspowner FROM pg_namespace WHERE nspname !~ '^pg_(toast|temp)'
  UNION ALL SELECT 'relation', oid::regclass::text, relowner FROM pg_class WHERE relkind NOT IN ('t', 'i', 'I')
  UNION ALL SELECT 'routine', oid::regprocedure::text, proowner FROM pg_proc
  UNION ALL SELECT 'type', oid::regtype::text, typowner FROM pg_type WHERE typrelid = 0
  UNION ALL SELECT 'large object', oid::text, lomowner FROM pg_largeobject_metadata
  UNION ALL SELECT 'collation', oid::regcollation::text, collowner FROM pg_collation) o(k, n, owner)
UNION ALL SELECT 'grant', k || ' ' || n, {entry} FROM (
  SELECT 'schema', nspname, coalesce(nspacl, acldefault('n', nspowner)) FROM pg_namespace WHERE nspname !~ '^pg_(toast|temp)'
  UNION ALL SELECT 'relation', oid::regclass::text,
    coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner))
  FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  UNION ALL SELECT 'column', attrelid::regclass || '.' || attname, attacl FROM pg_attribute WHERE attacl IS NOT NULL
  UNION ALL SELECT 'routine', oid::regprocedure::text, coalesce(proacl, acldefault('f', proowner)) FROM pg_proc
  UNION ALL SELECT 'type', oid::regtype::text, coalesce(typacl, acldefault('T', typowner)) FROM pg_type
  UNION ALL
  SELECT 'large object', oid::text, coalesce(lomacl, acldefault('L', lomowner)) FROM pg_largeobject_metadata) o(k, n, acl),
  aclexplode(acl) e
UNION ALL SELECT 'default', defaclrole::regrole::text || ' ' || defaclobjtype::text || ' ' || defaclnamespace, {entry}
FROM pg_default_acl, aclexplode(defaclacl) e
UNION ALL SELECT 'extension', extname, '', '', '', '' FROM pg_extension
UNION ALL SELECT 'thing', 'publication ' || pubname, '', '', '', '' FROM pg_publication
UNION ALL SELECT 'thing', 'server ' || srvname, srvoptions::text, '', '', '' FROM pg_foreign_server
UNION ALL SELECT 'thing', 'mapping ' || usename || srvname, umoptions::text, '', '', '' FROM pg_user_mappings"""
_ENTRY = (
    "CASE e.grantee WHEN 0 THEN 'PUBLIC' ELSE e.grantee::regrole::text END, e.grantor::regrole::text, e.privilege_type,"
    " e.is_grantable::text"
)


def facts(library: Neighborhood) -> set[Fact]:
    """All facts of the server and of the databases that can be entered."""
    old = int(library.sql("SHOW server_version_num")[0][0]) < 160000
    inherit = "''" if old else "inherit_option || ' ' || set_option"
    found: set[Fact] = set(library.sql(_SHARED.format(entry=_ENTRY, inherit=inherit)))
    for database in library.databases():
        with library.cursor(database, options="-c search_path=pg_catalog") as cursor:
            cursor.execute(_INSIDE.format(entry=_ENTRY))
            found |= {(f"{kind} in {database}", *rest) for kind, *rest in cursor.fetchall()}
    return found
