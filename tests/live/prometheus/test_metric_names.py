"""What rules and dashboards ask for is what the exporters of both Debian releases deliver, or the collection itself."""

from __future__ import annotations

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.monitoring import alerts
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.report import textfile

from .queries import OF_ALERTS, missing
from .world import MATRIX, NAME, Exporters, dashboard_queries, get, names_of_ours

RULES = {rule["alert"]: rule["expr"] for group in alerts.rules(MATRIX, NAME)["groups"] for rule in group["rules"]}


@pytest.fixture(scope="module")
def delivered(told: tuple[str, Exporters]) -> dict[str, set[str]]:
    """Labels by metric. What is told only where there is a slot or a certificate has the server's label alone."""
    found = told[1].delivered()
    slots = {"good_neighbor_slot_bytes": {"slot"}}
    return {**dict.fromkeys(names_of_ours(), set()), **slots, **found, "ALERTS": set(OF_ALERTS), "up": set()}


def test_rules_ask_for_what_there_is(delivered: dict[str, set[str]]) -> None:
    assert {name: told for name, query in RULES.items() if (told := missing(query, delivered))} == {}
    assert len(RULES) >= 31


def test_dashboards_ask_for_what_there_is(delivered: dict[str, set[str]]) -> None:
    queries = dashboard_queries()
    assert len(queries) > 50
    assert {query: told for query in queries if (told := missing(query, delivered))} == {}


def test_a_name_or_label_that_nobody_delivers_is_found(delivered: dict[str, set[str]]) -> None:
    planted = RULES["ArchiveFails"].replace("failed_count", "failed_total")
    assert missing(planted, delivered) == ["nobody delivers pg_stat_archiver_failed_total"]
    planted = RULES["Deadlocks"].replace("datname", "database")
    assert missing(planted, delivered) == ["pg_stat_database_deadlocks has no label database"]


def test_every_service_database_tells_of_its_tables(told: tuple[str, Exporters]) -> None:
    tables = {row["labels"]["datname"] for row in textfile.samples(get(told[1].postgres_port, "/metrics"))
              if row["name"] == "good_neighbor_table_size_bytes"}
    assert tables == {"shop_db", "library_db"}
