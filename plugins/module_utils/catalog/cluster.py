# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SQL for what the whole server shares: read over one connection, once a run, as raw rows of the catalogs.

Each query is named for what it yields. {secret} is the stored verifier, or NULL for who may not read pg_authid.
"""

from __future__ import annotations

SERVER = """
SELECT pg_catalog.current_setting('server_version_num')::int, s.rolname::text, s.rolsuper,
       (SELECT rolname::text FROM pg_catalog.pg_roles WHERE oid = 10), pg_catalog.pg_is_in_recovery(),
       (SELECT system_identifier::text FROM pg_catalog.pg_control_system()),
       -- read-only, unless a database's or a role's owner stored that for himself
       (SELECT setting = 'on' AND source NOT IN ('database', 'user', 'database user') FROM pg_catalog.pg_settings
        WHERE name = 'default_transaction_read_only'),
       CASE WHEN s.rolsuper THEN pg_catalog.current_setting('data_directory') ELSE '' END,
       pg_catalog.pg_size_bytes(pg_catalog.current_setting('wal_segment_size')),
       -- initdb makes template0 last, in one of its first 800 transactions: later ones have written it anew
       (SELECT LEAST(1500, pg_catalog.min(xmin::text::int8)) FROM pg_catalog.pg_database WHERE oid = 4)
FROM pg_catalog.pg_roles s WHERE s.rolname = session_user"""

# rolvaliduntil is compared by the server's own clock
ROLES = """
SELECT oid::int8, rolname::text, rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls,
       rolconnlimit, {secret},
       CASE WHEN rolvaliduntil IS NULL OR rolvaliduntil = 'infinity' THEN 'none'
            WHEN rolvaliduntil > pg_catalog.now() THEN 'future' ELSE 'past' END, rolvaliduntil::text
FROM {roles}"""
ROLES_WITH_SECRETS = ROLES.format(secret="rolpassword", roles="pg_catalog.pg_authid")
ROLES_WITHOUT_SECRETS = ROLES.format(secret="NULL", roles="pg_catalog.pg_roles")

# before 16 the member's own attribute says whether it inherits
MEMBERSHIPS_15 = """
SELECT m.roleid::int8, m.member::int8, m.grantor::int8, m.admin_option, r.rolinherit, true
FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles r ON r.oid = m.member"""
MEMBERSHIPS = """
SELECT roleid::int8, member::int8, grantor::int8, admin_option, inherit_option, set_option
FROM pg_catalog.pg_auth_members"""

DATABASES = """
SELECT oid::int8, datname::text, datdba::int8, datallowconn AND datconnlimit <> -2, datistemplate, datconnlimit,
       datacl::text, CASE WHEN {may_size} THEN pg_catalog.pg_database_size(oid) END, datconnlimit = -2
FROM pg_catalog.pg_database"""

SETTINGS = """
SELECT setdatabase::int8, setrole::int8, s FROM pg_catalog.pg_db_role_setting, pg_catalog.unnest(setconfig) s"""

TABLESPACES = """
SELECT spcname::text, spcowner::int8, spcacl::text FROM pg_catalog.pg_tablespace"""

PARAMETERS = """
SELECT parname, paracl::text FROM pg_catalog.pg_parameter_acl"""

THINGS = """
SELECT '', 'replication slot', slot_name::text, coalesce(database::text, '') FROM pg_catalog.pg_replication_slots
WHERE NOT temporary
UNION ALL SELECT database::text, 'prepared transaction', gid, owner::text FROM pg_catalog.pg_prepared_xacts
UNION ALL SELECT '', 'notification queue', 'usage', pg_catalog.round(100 * u) || ' %'
FROM (SELECT pg_catalog.pg_notification_queue_usage()) q(u) WHERE u > 0.5"""
SUBSCRIPTIONS = """
SELECT d.datname::text, 'subscription', s.subname::text, pg_catalog.pg_get_userbyid(s.subowner)::text
FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid = s.subdbid"""

SESSIONS = """
SELECT CASE WHEN backend_type = 'walsender' THEN '' ELSE datname::text END,
       coalesce(usename::text, usesysid::text), -- who was dropped while inside keeps a number
       pg_catalog.count(*)
FROM pg_catalog.pg_stat_activity
WHERE (backend_type = 'client backend' AND datname IS NOT NULL OR backend_type = 'walsender') AND usesysid IS NOT NULL
  AND pid <> pg_catalog.pg_backend_pid() GROUP BY 1, 2"""

# those that open a door, weaken secrets, take the reserve, or stop every service; reserved_connections exists from 16 on
SERVER_SETTINGS = """
SELECT name, setting FROM pg_catalog.pg_settings
WHERE source NOT IN ('database', 'user', 'database user')  -- stored settings are a question of their own
  AND CASE name WHEN 'default_transaction_read_only' THEN source <> 'client'
  WHEN 'synchronous_standby_names' THEN  -- where commits wait for a standby, and none comes into question
    setting <> '' AND NOT pg_catalog.pg_is_in_recovery()
    AND pg_catalog.current_setting('synchronous_commit') NOT IN ('off', 'local')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_get_wal_senders() WHERE sync_state IS DISTINCT FROM 'async')
  ELSE name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections', 'password_encryption',
    'allow_system_table_mods', 'session_preload_libraries', 'local_preload_libraries',
    'ignore_system_indexes', 'lo_compat_privileges', 'shared_preload_libraries', 'db_user_namespace', 'krb_caseins_users',
    'gss_accept_delegation', 'createrole_self_grant', 'scram_iterations', 'log_file_mode', 'dynamic_library_path',
    'extension_control_path', 'jit_provider', 'ssl_min_protocol_version', 'session_replication_role') END"""
# our own sessions have these by themselves, so that only the files tell
FILE_SETTINGS = """
SELECT name, setting FROM pg_catalog.pg_file_settings
WHERE applied AND name IN ('search_path', 'row_security', 'statement_timeout', 'transaction_timeout',
  'idle_in_transaction_session_timeout', 'idle_session_timeout')
UNION ALL SELECT f.name, 'on' FROM pg_catalog.pg_file_settings f JOIN pg_catalog.pg_settings s ON s.name = f.name
WHERE f.applied AND f.name = 'default_transaction_read_only' AND s.source = 'client'
  AND pg_catalog.lower(f.setting) IN ('on', 'true', 'yes', '1')"""

WORDS = """
SELECT 'the comment on ' || pg_catalog.pg_describe_object(classoid, objoid, 0), description
FROM pg_catalog.pg_shdescription"""
# those apart that only who may read all settings sees
WORDS_OF_FILES = """
SELECT 'the server''s setting ' || name, setting FROM pg_catalog.pg_file_settings
WHERE setting IS NOT NULL AND name NOT IN ('primary_conninfo', 'ssl_passphrase_command')"""

# with whether its control file names its schema
EXTENSIONS_AVAILABLE = """
SELECT e.name::text, v.schema IS NOT NULL
FROM pg_catalog.pg_available_extensions e LEFT JOIN pg_catalog.pg_available_extension_versions v
  ON v.name = e.name AND v.version = e.default_version"""

# the lines of pg_hba.conf and pg_ident.conf as the server would read them now, and whether it has read them
# {order}: in which order the server asks them, {place}: where a line stands, {file}: in which file
DOORS = """
SELECT coalesce({order}, line_number), type, database, user_name, address, netmask, auth_method, options, error, {place}
FROM pg_catalog.pg_hba_file_rules"""
IDENTITY_MAPS = """
SELECT map_name, sys_name, pg_username, error, {place} FROM pg_catalog.pg_ident_file_mappings"""
OF_15 = {"order": "line_number", "place": "'{main} line ' || line_number"}
# from 16 on there are included files, each with lines of its own
OF_16 = {"order": "rule_number", "place": "CASE WHEN file_name = pg_catalog.current_setting('{setting}') THEN '{main}' ELSE"
         " file_name END || ' line ' || line_number"}
# {files} (name and path of each), whether each was changed after the load, and what it holds: one that was moved to its
# place keeps its time of modification
FILES = """
SELECT f.name, f.path, greatest(s.modification, s.change) > pg_catalog.pg_conf_load_time(),
       CASE WHEN NOT s.isdir THEN pg_catalog.pg_read_binary_file(f.path, 0, 10000000, true) END,
       CASE WHEN s.isdir THEN (SELECT pg_catalog.array_agg(n) FROM pg_catalog.pg_ls_dir(f.path) n
                               WHERE n LIKE '%%.conf' AND n NOT LIKE '.%%') END
FROM ({files}) f(name, path), pg_catalog.pg_stat_file(f.path, true) s WHERE s.modification IS NOT NULL"""
MAIN_FILES = FILES.format(files="SELECT n, pg_catalog.current_setting(n) FROM (VALUES ('hba_file'), ('ident_file')) v(n)")
FURTHER_FILES = FILES.format(files="SELECT n, n FROM pg_catalog.unnest(%s) n")
