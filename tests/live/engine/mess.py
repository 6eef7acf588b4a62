"""A library in which a good deal is wrong at once, as statements: (database, role or None, SQL)."""

from __future__ import annotations

from live.engine.neighborhood import Neighborhood

MESS = (
    ("postgres", None, "GRANT CONNECT ON DATABASE loans TO PUBLIC"),
    ("postgres", None, "GRANT CONNECT, CREATE ON DATABASE catalogue TO loans_owner"),
    ("postgres", None, "REVOKE CONNECT ON DATABASE loans FROM loans_reader"),
    ("postgres", None, "ALTER DATABASE catalogue OWNER TO postgres"),
    ("postgres", None, "ALTER DATABASE loans CONNECTION LIMIT 3"),
    ("postgres", None, "ALTER DATABASE loans RESET statement_timeout"),
    ("postgres", None, "ALTER ROLE loans_reader SET search_path = aside, public"),
    ("postgres", None, "ALTER ROLE loans_owner PASSWORD 'fake-typed-by-somebody-3'"),
    ("postgres", None, "ALTER ROLE catalogue_web CREATEDB CONNECTION LIMIT 30"),
    ("postgres", None, "ALTER ROLE loans_reader VALID UNTIL '2020-02-02'"),
    ("postgres", None, "GRANT loans_owner TO catalogue_web WITH ADMIN OPTION"),
    ("postgres", "catalogue_web", "GRANT loans_owner TO loans_reader"),
    ("postgres", None, "GRANT pg_read_all_data TO watcher"),
    ("postgres", None, "GRANT SET ON PARAMETER log_statement TO loans_owner"),
    ("postgres", None, "CREATE ROLE stranger LOGIN PASSWORD 'fake-for-a-stranger-3'"),
    ("loans", None, "ALTER TABLE loan OWNER TO postgres"),
    ("loans", None, "ALTER TABLE return_slip OWNER TO catalogue_web"),
    ("loans", None, "GRANT SELECT ON loan TO PUBLIC; GRANT UPDATE (title) ON loan TO loans_reader WITH GRANT OPTION"),
    ("loans", "loans_reader", "GRANT UPDATE (title) ON loan TO watcher"),
    ("loans", None, "REVOKE SELECT ON overdue FROM loans_reader"),
    ("loans", "loans_owner", "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO watcher"),
    ("loans", "loans_owner", "ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM loans_reader"),
    ("loans", None, "GRANT EXECUTE ON FUNCTION pg_read_file(text) TO loans_reader"),
    ("loans", None, "CREATE SCHEMA nest AUTHORIZATION catalogue_web; CREATE TABLE nest.egg (); CREATE SEQUENCE numbers"),
    ("loans", "loans_owner", "CREATE FUNCTION forget() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'SELECT'"),
    (
        "catalogue",
        None,
        "GRANT DELETE, TRUNCATE ON book TO catalogue_web; REVOKE ALL ON SEQUENCE book_id_seq FROM catalogue_web",
    ),
    ("catalogue", None, "CREATE TYPE status AS ENUM ('here'); CREATE COLLATION plain (LOCALE = 'C')"),
    ("old_letters", None, "GRANT SELECT ON letter TO loans_owner; ALTER TABLE letter OWNER TO loans_owner"),
)


def plant_mess(library: Neighborhood) -> None:
    """Break the library in many ways."""
    library.doors(opened=False)
    for database, role, statement in MESS:
        library.sql(statement, database, role)
