"""Everything that is to be known arrives, nobody's table is read, and nobody else can ask."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hosts.backups import elsewhere
from hosts.matrix import sql
from hosts.monitoring import PROMETHEUS, TOWER, fetched, query, waited

testinfra_hosts = ["ansible://thirteen"]

DATABASES = {"thirteen": {"bbworlds_nexus", "kiosk_db"}, "twelve": {"diary_db", "notes_db"}}
SERVICES = {("thirteen", "nexus"), ("thirteen", "kiosk"), ("twelve", "diary"), ("twelve", "notes")}
SCRAPED = 60  # seconds
AS_ROLE = "setpriv --reuid=gn_monitor --regid=gn_monitor --clear-groups psql -X -At"
TABLES = """SELECT format('%I.%I', schemaname, relname) FROM pg_stat_user_tables UNION ALL
SELECT format('%I.%I', schemaname, viewname) FROM pg_views WHERE schemaname = 'public'"""


def found(host: Any, words: str, *labels: str) -> set[Any]:
    """These labels of all series that a query has."""
    series = [tuple(metric.get(label, "") for label in labels) for metric, _value in query(host, words)]
    return {one[0] if len(one) == 1 else one for one in series}


def test_every_target_is_up(host: Any) -> None:
    wanted = {(job, server) for job in ("postgres", "node") for server in DATABASES}
    assert waited(lambda: found(host, "up == 1", "job", "server") == wanted, SCRAPED), query(host, "up")
    assert waited(lambda: found(host, "pg_up == 1", "server") == set(DATABASES), SCRAPED), query(host, "pg_up")


def test_what_the_collection_itself_tells_arrives(host: Any) -> None:
    labels = ("server", "service")
    assert waited(lambda: found(host, "good_neighbor_connections", *labels) == SERVICES, SCRAPED)
    assert found(host, "good_neighbor_statements_calls", *labels) == SERVICES
    assert found(host, "time() - good_neighbor_watch_timestamp_seconds < 60", "server") == set(DATABASES)
    assert waited(lambda: found(host, "good_neighbor_compliant == 1", "server") == set(DATABASES), SCRAPED)
    assert found(host, 'good_neighbor_unchecked{rule="secret-drift"}', "server") == set(DATABASES)
    # the file of the certificate is the server's alone
    assert found(host, "good_neighbor_certificate_end_timestamp_seconds - time() > 86400", "server") == set(DATABASES)
    assert query(host, "node_textfile_scrape_error != 0") == []


def test_every_table_is_measured(host: Any) -> None:
    tables = {("bbworlds_nexus", name) for name in sql(
        host, "SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public'", "bbworlds_nexus").split()}
    assert len(tables) >= 13
    measured = 'good_neighbor_table_size_bytes{server="thirteen",datname="bbworlds_nexus"}'
    assert waited(lambda: found(host, measured, "datname", "relname") >= tables, SCRAPED), query(host, measured)


@pytest.mark.parametrize("name", DATABASES)
def test_its_role_reads_no_table(host: Any, name: str) -> None:
    there = elsewhere(host, name)
    assert set(sql(there, "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate").split()) == {
        *DATABASES[name], "postgres"}
    tried = 0
    for database in DATABASES[name]:
        for table in sql(there, TABLES, database).split():
            done = there.run(f"{AS_ROLE} -d %s -c %s", database, f"SELECT count(*) FROM {table}")
            assert done.rc == 1 and "permission denied" in done.stderr, f"{table}: {done.stdout}{done.stderr}"
            tried += 1
        assert there.check_output(f"{AS_ROLE} -d %s -c %s", database, "SELECT current_user") == "gn_monitor"
    assert tried >= (14 if name == "thirteen" else 0)


@pytest.mark.parametrize("name", DATABASES)
def test_its_sessions_have_room(host: Any, name: str) -> None:
    there = elsewhere(host, name)
    mine = sql(there, "SELECT datname, count(*) FROM pg_stat_activity WHERE usename = 'gn_monitor' GROUP BY 1")
    counts = dict(line.split("|") for line in mine.splitlines())
    assert set(counts) == {*DATABASES[name], "postgres"} and sum(map(int, counts.values())) <= 6, mine


@pytest.mark.parametrize("name", DATABASES)
def test_exporters_listen_at_one_address(host: Any, name: str) -> None:
    there = elsewhere(host, name)
    address = there.ansible.get_variables()["ansible_host"]
    listening = there.check_output("ss -Hltn | awk '{print $4}'").split()
    mine = {one for one in listening if one.rsplit(":", 1)[1] in ("9100", "9187")}
    assert mine == {f"{address}:9100", f"{address}:9187"}


def test_prometheus_listens_on_its_own_host(host: Any) -> None:
    listening = elsewhere(host, TOWER).check_output("ss -Hltn | awk '{print $4}'").split()
    mine = {one for one in listening if one.rsplit(":", 1)[1] in ("9090", "9093", "9094", "9100")}
    assert mine == {"127.0.0.1:9090", "127.0.0.1:9093"}, listening


def test_every_rule_could_be_read(host: Any) -> None:
    groups = fetched(host, f"{PROMETHEUS}/api/v1/rules")["data"]["groups"]
    assert {(rule["health"], rule.get("lastError", "")) for group in groups for rule in group["rules"]} <= {
        ("ok", ""), ("unknown", "")}
    assert len(groups) == 6 and sum(len(group["rules"]) for group in groups) > 50, json.dumps(groups)[:500]
