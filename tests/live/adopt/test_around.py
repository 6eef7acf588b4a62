"""Who comes from where, limits that fit, what may not be seen, and a matrix that is there already."""

from __future__ import annotations

import json
from contextlib import ExitStack, closing

import psycopg2
from live.adopt.conftest import DOORS
from live.adopt.drafts import NAME, connection, drafted, sql
from live.postgres import SUPERUSER_LINE, Cluster, major


def test_addresses(bare: Cluster) -> None:
    sql(
        bare, "CREATE ROLE app LOGIN;\nCREATE DATABASE app OWNER app;\nCREATE ROLE far LOGIN;\nCREATE DATABASE far OWNER far"
    )
    sql(bare, "CREATE ROLE eye LOGIN;\nGRANT pg_monitor TO eye")
    bare.access(
        [
            SUPERUSER_LINE,
            "hostssl far far 10.1.0.0/16 scram-sha-256",
            "host all eye 10.2.0.1/32 md5",
            "host app all samenet scram-sha-256",
            "host all all 192.0.2.0/24 scram-sha-256",
            "host all postgres 0.0.0.0/0 scram-sha-256",
            "host all postgres 10.9.0.1/32 scram-sha-256",
            "local all postgres trust",
            "host all all 0.0.0.0/0 reject",
            *DOORS,
        ]
    )
    draft = drafted(bare)
    assert draft.row("app").client_addresses == ("local", "127.0.0.1/32", "::1/128")
    assert draft.row("far").client_addresses == ("10.1.0.0/16",)
    assert "lets everybody in from 192.0.2.0/24" in draft.notes("app")
    assert draft.matrix.server(NAME).system_roles[0].client_addresses == ("10.2.0.1/32",)
    assert draft.matrix.server(NAME).hba == (SUPERUSER_LINE, "host all postgres 10.9.0.1/32 scram-sha-256")
    assert {"access-trust", "access-weak-method"} <= draft.rules


def test_watching(bare: Cluster) -> None:
    """Who comes and goes while it watches is seen, and gives the limit."""
    sql(bare, "CREATE ROLE app LOGIN PASSWORD 'fake-app-of-the-tests';\nCREATE DATABASE app OWNER app")
    with ExitStack() as stack:
        for _number in range(7):
            stack.enter_context(
                closing(
                    psycopg2.connect(
                        host="127.0.0.1", port=bare.port, user="app", dbname="app", password="fake-app-of-the-tests"
                    )
                )
            )
        draft = drafted(bare, seconds=1)
    assert draft.row("app").connection_limit == 14
    assert "seen at once: 7" in draft.notes("app")
    assert draft.row("app").client_addresses == ("local", "127.0.0.1/32", "::1/128")


def test_limits_fit_into_the_budget(bare: Cluster) -> None:
    """Limits of today are kept as long as the others make room; else all share what there is."""
    for name, limit in (("a", 12), ("b", -1), ("c", -1)):
        sql(bare, f"CREATE ROLE {name} LOGIN CONNECTION LIMIT {limit};\nCREATE DATABASE {name} OWNER {name}")
    draft = drafted(bare)  # 40 connections, 10 of them kept
    assert {row.database: row.connection_limit for row in draft.matrix.rows} == {"a": 12, "b": 9, "c": 9}
    sql(bare, "ALTER ROLE b CONNECTION LIMIT 100")
    draft = drafted(bare)
    assert {row.database: row.connection_limit for row in draft.matrix.rows} == {"a": 10, "b": 10, "c": 10}
    assert "its limit is 100 today, and the budget holds 10" in draft.notes("b")


def test_many_databases(bare: Cluster) -> None:
    """More than the server has connections for: the draft says so, and is valid with what would be needed."""
    with closing(bare.admin()) as session, session.cursor() as cursor:
        for number in range(45):
            cursor.execute(f"CREATE ROLE s{number}_user LOGIN")
            cursor.execute(f"CREATE DATABASE s{number} OWNER s{number}_user STRATEGY file_copy")
    draft = drafted(bare)
    assert len(draft.matrix.rows) == 45
    assert draft.matrix.server(NAME).max_connections == 55
    assert "the server has 40 connections" in draft.text.replace("\n    # ", " ")
    assert "limit-server" in draft.rules


def test_without_a_superuser(bare: Cluster) -> None:
    sql(
        bare,
        "CREATE ROLE me LOGIN;\nCREATE ROLE app LOGIN;\nCREATE DATABASE app OWNER app;\n"
        "REVOKE CONNECT ON DATABASE app FROM PUBLIC",
    )
    with closing(psycopg2.connect(host=str(bare.folder), port=bare.port, user="app", dbname="app")):
        draft = drafted(bare, server=connection(bare, user="me"))
    assert draft.row("app").owner == "app"
    assert "inside could not be looked at" in draft.notes("app")
    told = "\n".join(draft.result["draft"]["notes"])
    assert "role me is no superuser" in told
    assert "hidden from this login" in told
    assert "unchecked" in {row["state"] for row in draft.result["violations"]}


def test_beside_a_matrix(bare: Cluster) -> None:
    """Rows that are there are kept and not repeated, their roles are nobody else's, other servers stay away."""
    sql(
        bare,
        "CREATE ROLE app LOGIN;\nCREATE DATABASE app OWNER app;\nCREATE ROLE till LOGIN;\nCREATE DATABASE till OWNER till;\n"
        "CREATE DATABASE more OWNER app;\nCREATE ROLE eye LOGIN;\nGRANT pg_monitor TO eye",
    )
    servers = {
        NAME: {"mode": "enforce", "max_connections": 40, "maintenance_connections": 10},
        "elsewhere.example": {"mode": "audit", "max_connections": 9, "maintenance_connections": 1},
    }
    rows = [
        {
            "service": "app",
            "server": NAME,
            "database": "app",
            "owner": "app",
            "purpose": "it",
            "status": "active",
            "connection_limit": 25,
            "backup": "important",
        },
        {
            "service": "till",
            "server": "elsewhere.example",
            "database": "till",
            "owner": "till",
            "purpose": "it",
            "status": "active",
            "connection_limit": 2,
            "backup": "important",
        },
    ]
    kept = json.dumps([servers, rows])
    draft = drafted(bare, servers=servers, allocation=rows)
    assert json.dumps([servers, rows]) == kept
    assert set(draft.variables) == {"good_neighbor_allocation"}
    found = {row["database"]: row for row in draft.variables["good_neighbor_allocation"]}
    assert {name: (row["service"], row["owner"]) for name, row in found.items()} == {
        "more": ("more", "more_user"),
        "till": ("till_2", "till_user"),
    }
    assert sum(row["connection_limit"] for row in found.values()) == 4  # 25 and the reserve of 10 are gone
    assert "its owner till is a role of service till in the matrix" in draft.notes("till")
    assert "- {role: eye, use: monitoring, connection_limit: 3}" in draft.text
    bare_rows = [{key: value for key, value in row.items() if key != "password"} for row in found.values()]
    assert drafted(bare, servers=servers, allocation=[*rows, *bare_rows]).variables == {}


def test_major(bare: Cluster) -> None:
    """What the reserve is called differs."""
    assert drafted(bare).matrix.server(NAME).maintenance_connections == (3 + 7 if major() >= 16 else 10)
