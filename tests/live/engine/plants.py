"""Statements that somebody might type, at random: grants, memberships, owners, settings, things made by anybody."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

import psycopg2
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from live.engine.neighborhood import Neighborhood

Statement = tuple[str, str | None, str]  # database, role (None: the superuser), SQL


def examples(number: int) -> Any:
    """So many examples, the same ones each time; GN_EXAMPLES=1000 looks for new ones, so many."""
    more = int(os.environ.get("GN_EXAMPLES", "0"))
    return settings(
        max_examples=more or number,
        derandomize=not more,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


OWNERS = {"loans": "loans_owner", "catalogue": "catalogue_owner", "old_letters": "archivist"}
ROLES = [
    "loans_owner",
    "loans_reader",
    "catalogue_owner",
    "catalogue_web",
    "archivist",
    "watcher",
    '"=odd/reader,{}"',
    "stranger",
    "helpers",
]
ON = {
    "loans": [
        "TABLE loan",
        "TABLE return_slip",
        "TABLE overdue",
        "SEQUENCE loan_id_seq",
        "FUNCTION lent_out()",
        "SCHEMA public",
    ],
    "catalogue": ["TABLE book", "TABLE book_embedding", "SEQUENCE book_id_seq", "SCHEMA public"],
    "old_letters": ["TABLE letter", "SEQUENCE letter_id_seq", "SCHEMA public"],
    "postgres": ["DATABASE loans", "DATABASE catalogue", "DATABASE old_letters", "DATABASE postgres", "SCHEMA public"],
}
PRIVILEGES = {
    "TABLE": [
        "SELECT",
        "INSERT",
        "UPDATE",
        "DELETE",
        "TRUNCATE",
        "REFERENCES",
        "TRIGGER",
        "ALL",
        "SELECT (id)",
        "UPDATE (id)",
    ],
    "SEQUENCE": ["USAGE", "SELECT", "UPDATE", "ALL"],
    "FUNCTION": ["EXECUTE"],
    "SCHEMA": ["USAGE", "CREATE", "ALL"],
    "DATABASE": ["CONNECT", "CREATE", "TEMPORARY", "ALL"],
}
roles, databases = st.sampled_from(ROLES), st.sampled_from(sorted(ON))
grantees = st.sampled_from(["PUBLIC", *ROLES])


@st.composite
def rights(draw: st.DrawFn) -> Statement:
    """A grant or a revocation, of the superuser or of somebody who may have been given the right to pass it on."""
    database = draw(databases)
    on = draw(st.sampled_from(ON[database]))
    privilege, grantee = draw(st.sampled_from(PRIVILEGES[on.split()[0]])), draw(grantees)
    by = draw(st.sampled_from([None, None, None, OWNERS.get(database), *ROLES[:4]]))
    if draw(st.booleans()):
        option = draw(st.sampled_from(["", "", " WITH GRANT OPTION"])) if grantee != "PUBLIC" else ""
        return database, by, f"GRANT {privilege} ON {on} TO {grantee}{option}"
    return database, by, f"REVOKE {privilege} ON {on} FROM {grantee} CASCADE"


@st.composite
def memberships(draw: st.DrawFn) -> Statement:
    """Somebody becomes a member of something."""
    role = draw(st.sampled_from([*ROLES, "pg_read_all_data", "pg_monitor", "postgres"]))
    by = draw(st.sampled_from([None, None, *ROLES[:4]]))
    return "postgres", by, f"GRANT {role} TO {draw(roles)}{draw(st.sampled_from(['', ' WITH ADMIN OPTION']))}"


@st.composite
def owners(draw: st.DrawFn) -> Statement:
    """Something changes hands."""
    database, new = draw(databases), draw(st.sampled_from(["postgres", *ROLES]))
    kind, name = draw(st.sampled_from([on for on in ON[database] if on != "TABLE overdue"])).split()
    return database, None, f"ALTER {kind} {name} OWNER TO {new}"


@st.composite
def attributes(draw: st.DrawFn) -> Statement:
    """A role or a database is altered."""
    what = draw(st.sampled_from([*(f"ROLE {role}" for role in ROLES), *(f"DATABASE {database}" for database in OWNERS)]))
    of_role = [
        "LOGIN",
        "NOLOGIN",
        "CREATEDB",
        "CREATEROLE",
        "BYPASSRLS",
        "CONNECTION LIMIT 1",
        "CONNECTION LIMIT -1",
        "PASSWORD 'fake-typed-by-somebody-9'",
        "PASSWORD NULL",
        "VALID UNTIL '2020-01-01'",
        "VALID UNTIL '2099-01-01'",
        "SET search_path = aside",
        "SET statement_timeout = '7s'",
        "RESET ALL",
    ]
    of_database = [
        "CONNECTION LIMIT 1",
        "CONNECTION LIMIT -1",
        "IS_TEMPLATE true",
        "SET statement_timeout = '7s'",
        "RESET ALL",
        'SET search_path = aside, "$user"',
        "SET work_mem = '5MB'",
    ]
    return "postgres", None, f"ALTER {what} {draw(st.sampled_from(of_role if what[0] == 'R' else of_database))}"


@st.composite
def defaults(draw: st.DrawFn) -> Statement:
    """Default privileges of an owner, or of somebody else."""
    database = draw(st.sampled_from(sorted(OWNERS)))
    kind, privilege = draw(
        st.sampled_from(
            [
                ("TABLES", "SELECT"),
                ("TABLES", "ALL"),
                ("SEQUENCES", "USAGE"),
                ("FUNCTIONS", "EXECUTE"),
                ("TYPES", "USAGE"),
                ("SCHEMAS", "ALL"),
            ]
        )
    )
    schema = draw(st.sampled_from(["", "", " IN SCHEMA public"])) if kind != "SCHEMAS" else ""
    verb, to = draw(st.sampled_from([("GRANT", "TO"), ("REVOKE", "FROM")]))
    creator = draw(st.sampled_from([OWNERS[database], OWNERS[database], "postgres", *ROLES]))
    return (
        database,
        None,
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {creator}{schema} {verb} {privilege} ON {kind} {to} {draw(grantees)}",
    )


@st.composite
def things(draw: st.DrawFn) -> Statement:
    """Something is made."""
    database = draw(st.sampled_from(sorted(OWNERS)))
    by = draw(st.sampled_from([None, OWNERS[database]]))
    return (
        database,
        by,
        draw(
            st.sampled_from(
                [
                    "CREATE SCHEMA nest",
                    "CREATE SCHEMA nest AUTHORIZATION catalogue_web",
                    "CREATE TABLE scrap (id serial)",
                    "CREATE FUNCTION peek() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
                    "CREATE TYPE mood AS ENUM ('good')",
                    "CREATE VIEW later AS SELECT 1 AS one",
                    "CREATE PUBLICATION leak",
                    "SELECT lo_create(0)",
                    "CREATE EXTENSION pg_trgm",
                    "CREATE TABLE part (id int) PARTITION BY LIST (id);"
                    " CREATE TABLE part_1 PARTITION OF part FOR VALUES IN (1)",
                    "CREATE MATERIALIZED VIEW solid AS SELECT 1 AS one",
                    "CREATE DOMAIN isbn AS text",
                    "CREATE COLLATION plain (LOCALE = 'C')",
                ]
            )
        ),
    )


ANYTHING = st.lists(
    st.one_of(rights(), rights(), memberships(), owners(), attributes(), defaults(), things()), min_size=1, max_size=10
)


def plant(library: Neighborhood, statements: list[Statement]) -> None:
    """Run them; what PostgreSQL refuses is not planted."""
    library.doors(opened=False)
    library.sql("CREATE ROLE stranger LOGIN PASSWORD 'fake-for-a-stranger-4'; CREATE ROLE helpers")
    for database, role, statement in statements:
        with suppress(psycopg2.Error):
            library.sql(statement, database, role.strip('"') if role else None)
