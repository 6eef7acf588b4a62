"""Nothing is forgotten by construction: the server's own catalogs say what there is to know of it, and the engine reads it.

What it does not read stands here with the reason. A new major that brings a new column, catalog, role or setting fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog import cluster, database, read, things
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.items import ROUTINES, Grant, Obj, Owner
from live.engine.cases import states
from live.engine.neighborhood import Neighborhood

SQL = "\n".join((*(text for module in (cluster, database) for text in vars(module).values() if isinstance(text, str)),
                 *(one.query for one in (*database.rare_objects(0, 0), *things.THINGS, *things.VECTORS, things.COLUMNS))))

COLUMNS = {  # of catalogs that hold an ACL or refer to a role, and of roles and databases
    "polroles": "a policy only takes away: its role sees no row without a grant, and grants are read",
    "umuser": "read as pg_user_mappings.usename", "evtowner": "an event trigger is told whoever owns it",
    "encoding": "what bytes mean", "datlocprovider": "how letters sort", "datcollate": "how letters sort",
    "datctype": "how letters sort", "datlocale": "how letters sort", "daticulocale": "how letters sort",
    "daticurules": "how letters sort", "datcollversion": "how letters sort",
    "datfrozenxid": "vacuum's own", "datminmxid": "vacuum's own", "dathasloginevt": "pg_event_trigger is read itself",
}
CATALOGS = {
    "pg_aggregate": "an aggregate is read as a routine", "pg_amop": "its operator class is read",
    "pg_amproc": "its operator class is read", "pg_attrdef": "the functions that it calls are read",
    "pg_constraint": "the functions that it calls are read", "pg_description": "words", "pg_enum": "its type is read",
    "pg_index": "the owner's own business", "pg_largeobject": "its metadata are read",
    "pg_partitioned_table": "pg_inherits is read", "pg_publication_rel": "what a declared publication holds is the row's",
    "pg_range": "its type is read",
    "pg_replication_origin": "it keeps a place in a stream; the subscription that reads it is read",
    "pg_seclabel": "labels of a provider that no server here loads", "pg_shseclabel": "as pg_seclabel",
    "pg_sequence": "a sequence is read as a relation", "pg_shdepend": "it says again what the catalogs say themselves",
    "pg_shdescription": "words", "pg_statistic": "rows of tables, kept from everybody by their grants",
    "pg_statistic_ext_data": "as pg_statistic", "pg_subscription_rel": "its subscription is read",
    "pg_ts_config_map": "its configuration is read", "pg_user_mapping": "read as pg_user_mappings",
}
SETTINGS = {
    "authentication_timeout": "how long a stranger may knock", "krb_server_keyfile": "lines with gss are judged",
    "md5_password_warnings": "a warning", "oauth_validator_libraries": "lines with oauth are judged",
    "transform_null_equals": "the meaning of = NULL", "allow_alter_system": "what only superusers may",
    "array_nulls": "how text is read", "backslash_quote": "how text is read", "escape_string_warning": "how text is read",
    "quote_all_identifiers": "how text is written", "standard_conforming_strings": "how text is read",
    "synchronize_seqscans": "where a scan starts",
}
CATEGORIES = ("Connections and Authentication / Authentication", "Client Connection Defaults / Shared Library Preloading",
              "Version and Platform Compatibility / %")
EVERYTHING = """
CREATE SCHEMA s_{n}; CREATE TABLE t_{n} (id serial, k int GENERATED ALWAYS AS IDENTITY, words text) PARTITION BY LIST (id);
CREATE TABLE p_{n} PARTITION OF t_{n} DEFAULT; CREATE VIEW v_{n} AS SELECT 1; CREATE MATERIALIZED VIEW m_{n} AS SELECT 1;
CREATE SEQUENCE q_{n}; CREATE TYPE e_{n} AS ENUM ('a'); CREATE TYPE c_{n} AS (a int); CREATE TYPE shell_{n};
CREATE TYPE r_{n} AS RANGE (subtype = int); CREATE DOMAIN d_{n} AS int;
CREATE FUNCTION f_{n}() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE f_{n}(int) LANGUAGE sql AS 'SELECT 1'; CREATE AGGREGATE a_{n} (int) (SFUNC = int4pl, STYPE = int);
CREATE COLLATION o_{n} (LOCALE = 'C'); CREATE TEXT SEARCH CONFIGURATION ts_{n} (COPY = simple);
CREATE TEXT SEARCH DICTIONARY td_{n} (TEMPLATE = simple); CREATE STATISTICS st_{n} ON id, words FROM p_{n};
CREATE OPERATOR {sign} (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq); CREATE OPERATOR FAMILY of_{n} USING btree;
CREATE OPERATOR CLASS oc_{n} FOR TYPE int USING hash AS OPERATOR 1 {sign};
CREATE CONVERSION cv_{n} FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE FOREIGN DATA WRAPPER w_{n}; CREATE SERVER sv_{n} FOREIGN DATA WRAPPER w_{n};
CREATE FOREIGN TABLE ft_{n} (id int) SERVER sv_{n};
CREATE PUBLICATION pb_{n} FOR ALL TABLES; SELECT lo_create({lo})"""
ALL_GRANTS = """
GRANT ALL ON SCHEMA s_1 TO {role}; GRANT ALL ON t_1, p_1, v_1, m_1, ft_1 TO {role}; GRANT ALL ON SEQUENCE q_1 TO {role};
GRANT SELECT (words) ON p_1 TO {role}; GRANT ALL ON TYPE e_1, c_1, r_1, t_1 TO {role}; GRANT ALL ON DOMAIN d_1 TO {role};
GRANT ALL ON FUNCTION f_1(), a_1(int) TO {role}; GRANT ALL ON PROCEDURE f_1(int) TO {role};
GRANT ALL ON FOREIGN DATA WRAPPER w_1 TO {role}; GRANT ALL ON FOREIGN SERVER sv_1 TO {role};
GRANT ALL ON LARGE OBJECT 9001 TO {role}; GRANT ALL ON LANGUAGE plpgsql TO {role} WITH GRANT OPTION;
GRANT ALL ON DATABASE loans TO {role}; GRANT ALL ON TABLESPACE pg_default TO {role};
GRANT SET ON PARAMETER log_statement TO {role}; GRANT SELECT ON pg_authid TO {role};
GRANT ALL ON SCHEMA pg_toast TO {role}"""
ROLE = "catalogue_owner"
KINDS = {
    "pg_class": ("TABLE", "VIEW", "MATERIALIZED VIEW", "FOREIGN TABLE", "SEQUENCE"), "pg_type": ("TYPE", "DOMAIN"),
    "pg_proc": ROUTINES, "pg_foreign_server": ("SERVER",), "pg_largeobject": ("LARGE OBJECT",), "pg_namespace": ("SCHEMA",),
    "pg_foreign_data_wrapper": ("FOREIGN DATA WRAPPER",), "pg_publication": ("PUBLICATION",), "pg_collation": ("COLLATION",),
    "pg_conversion": ("CONVERSION",), "pg_operator": ("OPERATOR",), "pg_opclass": ("OPERATOR CLASS",),
    "pg_opfamily": ("OPERATOR FAMILY",), "pg_statistic_ext": ("STATISTICS OBJECT",), "pg_database": ("DATABASE",),
    "pg_ts_dict": ("TEXT SEARCH DICTIONARY",), "pg_ts_config": ("TEXT SEARCH CONFIGURATION",), "pg_language": ("LANGUAGE",),
    "pg_tablespace": ("TABLESPACE",), "pg_parameter_acl": ("PARAMETER",)}
# its own database is no object of loans; default privileges are no object
DEPENDENCIES = f"""
SELECT classid::regclass::text, count(DISTINCT objid)::int FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass
AND refobjid = '{ROLE}'::regrole AND deptype = %s AND dbid IN (0, (SELECT oid FROM pg_database WHERE datname = 'loans'))
AND NOT (classid = 'pg_database'::regclass AND deptype = 'o') GROUP BY 1"""


def unread(names: Iterable[str], excused: Iterable[str]) -> set[str]:
    """Those that no query names, without the excused."""
    return {name for name in names if not re.search(rf"\b{name}\b", SQL)} - set(excused)


def test_every_column_that_holds_a_right_or_an_owner(library: Neighborhood) -> None:
    acls = library.sql("SELECT attname FROM pg_attribute WHERE atttypid = 'aclitem[]'::regtype AND attrelid < 16384")
    roles = library.sql("SELECT unnest(fkcols) FROM pg_get_catalog_foreign_keys() WHERE pktable = 'pg_authid'::regclass")
    named = {str(name) for (name,) in (*acls, *roles)}
    assert len(named) > 40
    assert unread(named, COLUMNS) == set()


@pytest.mark.parametrize("catalog", ["pg_authid", "pg_database", "pg_auth_members", "pg_db_role_setting"])
def test_every_column(library: Neighborhood, catalog: str) -> None:
    columns = library.sql(f"SELECT attname FROM pg_attribute WHERE attrelid = '{catalog}'::regclass AND attnum > 0")
    assert unread((str(name) for (name,) in columns), COLUMNS) == set()


def test_every_catalog(library: Neighborhood) -> None:
    rows = library.sql("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 11 AND oid < 16384")
    there = {str(name) for (name,) in rows}
    assert unread(there, CATALOGS) == set()
    assert CATALOGS.keys() <= there


def test_every_predefined_role(library: Neighborhood) -> None:
    rows = library.sql("SELECT rolname FROM pg_roles WHERE oid < 16384 AND oid <> 10 AND rolname <> 'pg_database_owner'")
    roles = sorted(str(name) for (name,) in rows)
    for role in roles:
        library.sql(f"GRANT {role} TO loans_reader")
    found = states(library.check())
    assert sorted(violation["object"] for violation in found if violation["rule"] == "member-predefined") == roles


def test_every_setting_that_lets_in_or_loads(library: Neighborhood) -> None:
    condition = " OR ".join(f"category LIKE '{category}'" for category in CATEGORIES)
    rows = library.sql(f"SELECT name FROM pg_settings WHERE {condition}")
    assert unread((str(name) for (name,) in rows), SETTINGS) == set()


def test_every_kind_that_has_an_owner_or_grants(library: Neighborhood) -> None:
    """One object of every kind, all of one neighbour's, and grants on one of every kind: the server says how many things of
    each catalog depend on the role, and the model holds as many."""
    library.sql(f"ALTER ROLE {ROLE} SUPERUSER")
    library.sql(EVERYTHING.format(n=1, sign="<=>", lo=9001), "loans")
    library.sql(EVERYTHING.format(n=2, sign="<==>", lo=9002), "loans", ROLE)
    library.sql(ALL_GRANTS.format(role=ROLE), "loans")
    library.sql(f"ALTER ROLE {ROLE} NOSUPERUSER")
    with library.server().cursor() as cursor:
        model = read.read(library.server(), cursor, {}, lambda _names: {"loans": "loans_owner"}).model
    owned = {owner.obj for owner in model.of(Owner).values() if owner.owner == ROLE}
    granted = {grant.obj for grant in model.of(Grant).values() if grant.grantee == ROLE and grant.grantor != ROLE}
    for found, kind in ((owned, "o"), (granted, "a")):
        counted = dict(library.sql(DEPENDENCIES.replace("%s", f"'{kind}'"), "loans"))
        assert {catalog: _count(found, catalog) for catalog in counted} == counted
        assert len(counted) > 8


def _count(objects: Iterable[Obj], catalog: str) -> int:
    return sum(obj.kind in KINDS[catalog] for obj in objects)
