"""The report's figures are those that SQL gives; it changes nothing; what is missing is said."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import engine, health, result
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog.session import Server as Sessions
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.parse import parse
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.plan import Options
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.report import read
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.report.build import document
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.report.document import Document, Paragraph, Table
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.report.facts import Facts, ServerFacts
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.text_table import size
from live.embedded import Server, remove, started

SERVER = "db.example"
SERVERS = {
    SERVER: {"mode": "audit", "max_connections": 150, "maintenance_connections": 20, "extensions": ["pg_stat_statements"]}
}
ROWS = [
    {
        "service": name,
        "server": SERVER,
        "database": f"{name}_db",
        "owner": f"{name}_user",
        "purpose": "a test",
        "status": "active",
        "connection_limit": 5,
        "backup": "important",
        "latency_target_ms": target,
    }
    for name, target in (("quick", 1000), ("slow", 20), ("missing", 50))
]
PASSWORD = "fake-report-Hb7qWz2mKx9v"
STATE = """SELECT (SELECT xmin FROM pg_database WHERE datname = 'quick_db'), (SELECT count(*) FROM pg_authid),
  (SELECT count(*) FROM pg_class), (SELECT sum(xact_rollback) FROM pg_stat_database WHERE datname LIKE '%_db')"""


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with statistics, two services that have run something, and a hole in one wall."""
    folder = tmp_path_factory.mktemp("report") / "server"
    try:
        server = started(folder, counting=True)
        prepare(server)
        yield server
    finally:
        remove(folder)


def prepare(server: Server) -> None:
    """Quick's statements are within its target, slow's are not, and slow may enter quick's database."""
    server.rows("CREATE EXTENSION pg_stat_statements")
    for name, statement in (("quick", "SELECT count(*) FROM generate_series(1, 10)"), ("slow", "SELECT pg_sleep(0.03)")):
        server.rows(f"CREATE ROLE {name}_user LOGIN CONNECTION LIMIT 5 PASSWORD '{PASSWORD}'")
        server.rows(f"CREATE DATABASE {name}_db OWNER {name}_user CONNECTION LIMIT 5")
        server.rows(f"REVOKE ALL ON DATABASE {name}_db FROM PUBLIC")
        connection = server.connect(f"{name}_db", f"{name}_user", PASSWORD)
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE filled AS SELECT n, repeat('x', 50) AS t FROM generate_series(1, 3000) AS n")
        for _time in range(20):
            cursor.execute(statement)
        connection.close()
    server.rows("GRANT CONNECT ON DATABASE quick_db TO slow_user")


def facts(server: Server) -> Facts:
    """What the playbook reads, with the modules' own functions."""
    matrix = parse(SERVERS, ROWS, secrets_withheld=True)
    sessions = Sessions({"host": server.host, "user": "postgres", "password": server.password}, "postgres")
    judged = result.of(engine.check(sessions, engine.Request(matrix, SERVER, Options("audit", (), (), (), "2026-01-01"))))
    return Facts(matrix, {SERVER: ServerFacts(judged, health.read(sessions), read.read(sessions))})


def table(made: Document, section: str, number: int = 0) -> dict[str, list[str]]:
    """A table of a section: the texts of each row by its first cell."""
    blocks = next(found.blocks for found in made.sections if found.name == section)
    tables = [block for block in blocks if isinstance(block, Table)]
    return {row[0].text: [cell.text for cell in row] for row in tables[number].rows}


def test_figures_are_those_of_sql(lived_in: Server) -> None:
    before = lived_in.rows(STATE)
    made = document(facts(lived_in))
    assert lived_in.rows(STATE) == before
    sizes = dict(lived_in.rows("SELECT datname, pg_database_size(oid) FROM pg_database"))
    allocation = table(made, "allocation")
    assert {name: row[6] for name, row in allocation.items()} == {
        "quick": size(sizes["quick_db"]),
        "slow": size(sizes["slow_db"]),
        "missing": "–",
    }
    assert [row[5] for row in allocation.values()] == ["active", "active", "needs creation"]
    assert {name: row[2] for name, row in table(made, "sizes").items()} == {
        name: size(sizes[name]) for name in ("quick_db", "slow_db", "postgres")
    }
    [(filled,)] = lived_in.rows("SELECT pg_total_relation_size('filled')", "quick_db")
    assert table(made, "sizes", 1)["public.filled"][2] == size(filled)
    budget = table(made, "budget")
    [(limit, most)] = lived_in.rows(
        "SELECT rolconnlimit, current_setting('max_connections') FROM pg_roles WHERE rolname = 'quick_user'"
    )
    assert budget["quick_user"][2:4] == ["5", str(limit)]
    assert budget["all"][3] == most
    assert [budget[name][2] for name in ("operators", "nobody yet")] == ["20", "115"]


def test_who_may_enter_is_what_the_server_grants(lived_in: Server) -> None:
    access = table(document(facts(lived_in)), "access")
    for database, owner in (("quick_db", "quick_user"), ("slow_db", "slow_user")):
        entered = {
            role
            for (role,) in lived_in.rows(
                f"SELECT rolname FROM pg_roles WHERE rolcanlogin AND NOT rolsuper AND has_database_privilege(oid, "
                f"'{database}', 'CONNECT')"
            )
        }
        assert set(access[database][4].split(", ")) == (entered - {owner} or {"nobody"})
    assert access["quick_db"][4] == "slow_user"
    assert access["postgres"][4] == "PUBLIC (everybody)"


def test_latency_is_that_of_the_statistics(lived_in: Server) -> None:
    made = table(document(facts(lived_in)), "latency")
    for name in ("quick", "slow"):
        [(calls, mean, longest)] = lived_in.rows(
            "SELECT sum(calls)::int8, sum(total_exec_time) / sum(calls), max(max_exec_time) FROM pg_stat_statements s "
            "JOIN pg_roles r "
            f"ON r.oid = userid JOIN pg_database d ON d.oid = dbid WHERE rolname = '{name}_user' AND datname = "
            f"'{name}_db' AND toplevel"
        )
        assert made[name][3:] == [f"{mean:,.1f} ms", made[name][4], f"{longest:,.1f} ms", str(calls), made[name][7]]
    assert made["quick"][7] == "kept"
    assert made["slow"][7] == "missed"
    assert re.fullmatch(r"4\.\d %|5\.\d %|9\.\d %", made["slow"][4])  # the table's creation alone was quick enough


def test_what_is_missing_is_said(server: Server) -> None:
    made = document(facts(server))
    assert table(made, "latency")["quick"][3] == "not measured"
    texts = [block.text for section in made.sections for block in section.blocks if isinstance(block, Paragraph)]
    assert any(text.startswith("Not measured: the server does not load pg_stat_statements") for text in texts)
    server.rows("CREATE DATABASE quick_db")
    told = [
        block.text
        for section in document(facts(server)).sections
        for block in section.blocks
        if isinstance(block, Paragraph)
    ]
    assert any(text.startswith("Not set up: no backup of this server") for text in told)
    server.rows("DROP DATABASE quick_db")
