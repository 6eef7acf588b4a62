"""Whatever way the services of a hand-made server work, they work on when its draft is enforced with safe remedies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import psycopg2
import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import engine, hba, result
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.types import Allocation, Matrix
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.plan import Options
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema.files import SchemaFile
from live.adopt.drafts import NAME, Drafted, connection, drafted, sql
from live.postgres import SUPERUSER_LINE, Cluster

SAFE = Options("enforce", ("safe",))


def password(role: str) -> str:
    """What somebody typed for a role."""
    return f"fake-{sum(map(ord, role))}-typed by hand"


def make(cluster: Cluster, *roles: str, more: str = "LOGIN") -> None:
    """Roles that log in with a password."""
    for role in roles:
        sql(cluster, f"CREATE ROLE {role} {more} PASSWORD '{password(role)}'")


def known(matrix: Matrix) -> Matrix:
    """The draft, when the operator has filled in the passwords that are in use."""

    def row(one: Allocation) -> Allocation:
        logins = tuple(replace(login, password=password(login.role)) for login in one.logins)
        readers = tuple(replace(reader, password=password(reader.role)) for reader in one.readers)
        return replace(one, logins=logins, readers=readers, password=None if logins else password(one.owner))

    return Matrix(matrix.servers, tuple(map(row, matrix.rows)))


def run(cluster: Cluster, draft: Drafted, *options: Options) -> dict[str, Any]:
    """Enforces the draft; what the last run returned."""
    matrix, found = known(draft.matrix), {}
    texts = {file["path"]: file["content"] for file in draft.result["schema_files"]}
    sources = {row.database: tuple(SchemaFile(path, texts[path]) for path in row.schema_files) for row in matrix.rows}
    for one in options:
        one = replace(one, baseline=tuple(draft.result["draft"]["baseline"]))
        found = result.of(engine.enforce(connection(cluster), engine.Request(matrix, NAME, one, sources)))
    return found


def does(cluster: Cluster, role: str, database: str, statement: str) -> list[tuple[Any, ...]]:
    """What a service gets for a statement, logged in with its own password over TCP."""
    with closing(cluster.login(role, password(role), database)) as session, session.cursor() as cursor:
        cursor.execute(statement)
        rows = list(cursor.fetchall()) if cursor.description else []
        session.commit()
        return rows


WORK = "INSERT INTO thing (n) VALUES (1); UPDATE thing SET n = n + 1; SELECT count(*) FROM thing"


@pytest.fixture
def town(bare: Cluster) -> Iterator[Cluster]:
    """Five services, each made in another way."""
    make(bare, "shop_user", "crm", "crm_look", "blog_web", "blog_worker", "wiki", "wiki_bot", "forum", "forum_sync")
    make(bare, "blog_owner", more="NOLOGIN")
    sql(bare, "CREATE ROLE lookers;\nGRANT lookers TO crm_look;\nALTER ROLE wiki SET search_path TO notes, public")
    for name, owner in (
        ("shop", "postgres"),
        ("crm", "crm"),
        ("blog", "blog_owner"),
        ("wiki", "wiki"),
        ("forum", "postgres"),
    ):
        sql(bare, f"CREATE DATABASE {name} OWNER {owner}")
        sql(
            bare,
            f"SET ROLE {owner};\nCREATE SCHEMA notes;\nCREATE TABLE notes.page ();\nCREATE TABLE thing (id serial, n int)",
            name,
        )
    sql(
        bare,
        "GRANT ALL ON ALL TABLES IN SCHEMA public TO shop_user;\nGRANT ALL ON ALL SEQUENCES IN SCHEMA public TO shop_user;\n"
        "GRANT ALL ON SCHEMA public TO shop_user",
        "shop",
    )
    sql(bare, "GRANT SELECT ON thing TO lookers", "crm")
    sql(
        bare,
        "GRANT SELECT, INSERT, UPDATE ON thing TO blog_web, blog_worker;\n"
        "GRANT USAGE ON SEQUENCE thing_id_seq TO blog_web, blog_worker",
        "blog",
    )
    sql(bare, "GRANT ALL ON thing TO forum, forum_sync;\nGRANT ALL ON SEQUENCE thing_id_seq TO forum, forum_sync", "forum")
    yield bare


def at_work(cluster: Cluster) -> None:
    """Every service does its daily work."""
    for role, database in (
        ("shop_user", "shop"),
        ("crm", "crm"),
        ("blog_web", "blog"),
        ("blog_worker", "blog"),
        ("wiki", "wiki"),
        ("forum", "forum"),
        ("forum_sync", "forum"),
    ):
        assert does(cluster, role, database, WORK)[0][0] > 0
    does(cluster, "crm_look", "crm", "SELECT count(*) FROM thing")
    does(cluster, "wiki", "wiki", "INSERT INTO page DEFAULT VALUES")  # found by its search_path
    for role, database in (("crm", "crm"), ("wiki", "wiki"), ("shop_user", "shop")):
        does(cluster, role, database, "CREATE TABLE migrated (); DROP TABLE migrated")


def test_everybody_works_on(town: Cluster) -> None:
    at_work(town)
    draft = drafted(town, schemas="/schemas")
    assert {
        row.database: (row.owner, [login.role for login in row.logins], [reader.role for reader in row.readers])
        for row in draft.matrix.rows
    } == {
        "shop": ("shop_user", [], []),
        "crm": ("crm", [], ["crm_look"]),
        "blog": ("blog_owner", ["blog_web", "blog_worker"], []),
        "wiki": ("wiki", [], []),
        "forum": ("forum_owner", ["forum", "forum_sync"], []),
    }
    additive = run(town, draft, Options("additive"))
    assert [row["rule"] for row in additive["violations"] if row["state"] == "deferred"] == []
    at_work(town)
    enforced = run(town, draft, SAFE)
    at_work(town)
    assert run(town, draft, SAFE)["statements"] == []
    town.access([SUPERUSER_LINE, *hba.lines(draft.matrix, NAME)[1:]])
    at_work(town)
    left = {(row["rule"], row["role"]) for row in run(town, draft, SAFE)["violations"] if row["state"] != "remedied"}
    assert {row["rule"] for row in enforced["violations"]} > {rule for rule, _role in left}
    assert left == {("role-unallocated", "wiki_bot"), ("role-unallocated", "lookers"), ("schema-table-undeclared", None)}
    with pytest.raises(psycopg2.OperationalError):
        does(town, "crm", "shop", "SELECT 1")


def test_the_draft_of_what_was_enforced_is_the_same(town: Cluster) -> None:
    """Adopting again what the first draft was enforced on gives the same rows."""
    first = drafted(town)
    run(town, first, SAFE)
    town.access(hba.lines(first.matrix, NAME))
    town.access([SUPERUSER_LINE, *hba.lines(first.matrix, NAME)[1:]])
    again = drafted(town)
    assert {replace(row, client_addresses=()) for row in again.matrix.rows} == {
        replace(row, client_addresses=()) for row in first.matrix.rows
    }


def test_closed_databases_stay_closed(bare: Cluster) -> None:
    """Retired ones too whose owner is still to be made."""
    sql(
        bare,
        "CREATE ROLE keeper LOGIN;\nCREATE DATABASE shut OWNER keeper ALLOW_CONNECTIONS false;\n"
        "CREATE DATABASE alone ALLOW_CONNECTIONS false",
    )
    draft = drafted(bare)
    found = run(bare, draft, SAFE, SAFE)
    assert found["statements"] == []
    assert sql(bare, "SELECT datname, datallowconn FROM pg_database WHERE datname IN ('shut', 'alone') ORDER BY 1") == [
        ("alone", False),
        ("shut", False),
    ]
