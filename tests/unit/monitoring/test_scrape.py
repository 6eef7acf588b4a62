"""Whom Prometheus asks, and who is told: what follows from inventory and matrix."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.bbworlds.good_neighbor.plugins.filter.prometheus import FilterModule
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.secrets import without_secrets
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.monitoring import notices, scrape
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.monitoring.scrape import Target
from unit.report.worlds import RAW, SERVER, matrix

ROLE = Path(__file__).resolve().parents[3] / "roles" / "monitoring"
SERVERS = {**RAW["good_neighbor_servers"], SERVER: {**RAW["good_neighbor_servers"][SERVER], "mode": "enforce"}}
HOST = {"monitoring_enabled": True, "monitoring_address": "10.0.0.5", "backups_recipients": ["age1..."]}
DRILL = {"monitoring_enabled": True, "monitoring_address": "10.0.0.7"}
TOLD = Target(SERVER, SERVER, "10.0.0.5", backups=True)


def ours() -> Any:
    """The policy's matrix, its server no longer for looking at alone."""
    return matrix(**{SERVER: SERVERS[SERVER]})


def targets(variables: dict[str, dict[str, Any]]) -> list[Target]:
    """The targets where these are the hosts; `drill` is one of drills."""
    databases = [name for name in variables if name != "drill"]
    return scrape.targets(variables, databases, [name for name in variables if name == "drill"], ours())


def wishes(**more: Any) -> dict[str, Any]:
    """The role's variables."""
    return {
        "enabled": True, "acts": True, "host": "watcher", "databases": [SERVER], "drills": [], "address": "127.0.0.1",
        "prometheus_port": 9090, "alertmanager_port": 9093, "keep": "90d", "receivers": [], "routes": [], **more,
    }


def plan(variables: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """What the filter returns."""
    rows = [without_secrets(row) for row in RAW["good_neighbor_allocation"]]
    found: dict[str, Any] = FilterModule().filters()["prometheus"](
        rows, SERVERS, wishes(**more), variables or {SERVER: HOST}
    )
    return found


def test_a_database_host_is_asked_under_the_servers_name() -> None:
    assert targets({SERVER: HOST}) == [TOLD]
    assert targets({"db1": {**HOST, "good_neighbor_server": SERVER}}) == [replace(TOLD, name="db1")]


@pytest.mark.parametrize("more", [
    {"monitoring_enabled": False}, {"good_neighbor_server": "poqpoq.com"}, {"good_neighbor_server": "unknown"},
    {"good_neighbor_login": {"login_host": "db.example"}}, {"good_neighbor_login": {"login_password": "fake-secret"}},
])
def test_where_the_role_does_nothing_nobody_asks(more: dict[str, Any]) -> None:
    assert targets({SERVER: {**HOST, **more}}) == []


def test_a_server_that_is_only_looked_at_is_not_asked() -> None:
    assert scrape.targets({SERVER: HOST}, [SERVER], [], matrix()) == []  # mode: audit


def test_an_exporter_that_listens_everywhere_is_asked_where_ansible_goes() -> None:
    found = targets({SERVER: {**HOST, "monitoring_address": "0.0.0.0", "ansible_host": "10.1.1.1"}})
    assert [one.address for one in found] == ["10.1.1.1"]
    assert [one.address for one in targets({SERVER: {**HOST, "monitoring_address": "::"}})] == [SERVER]


def test_a_host_of_drills_tells_of_its_drills_alone() -> None:
    found = targets({SERVER: HOST, "drill": DRILL})
    assert found[1] == Target("drill", None, "10.0.0.7")
    jobs = {job["job_name"]: job for job in scrape.configuration(found, "rules", "here:9093")["scrape_configs"]}
    assert jobs["postgres"]["static_configs"] == [{"targets": ["10.0.0.5:9187"], "labels": {"server": SERVER}}]
    assert [one["targets"] for one in jobs["node"]["static_configs"]] == [["10.0.0.5:9100"], ["10.0.0.7:9100"]]
    assert (jobs["postgres"]["honor_labels"], jobs["node"]["honor_labels"]) == (False, True)


def test_who_cannot_be_asked_is_told_before() -> None:
    here = replace(TOLD, address="127.0.0.1")
    assert "monitoring_address" in scrape.problems([here], "watcher")[0]
    assert scrape.problems([here], SERVER) == []
    assert "two hosts" in scrape.problems([TOLD, replace(TOLD, name="db2", address="10.0.0.6")], "watcher")[0]


def test_an_address_of_version_6_is_written_in_brackets() -> None:
    assert (scrape.listen("fd00::1", 9090), scrape.listen("10.0.0.1", 9090)) == ("[fd00::1]:9090", "10.0.0.1:9090")


def test_what_exporters_do_by_themselves_is_what_the_role_says() -> None:
    defaults = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())
    assert tuple(
        defaults[f"monitoring_{name}"] for name in ("address", "postgres_port", "node_port")
    ) == (scrape.ADDRESS, scrape.POSTGRES_PORT, scrape.NODE_PORT)


def test_rules_of_backups_and_drills_are_there_where_these_are() -> None:
    def names(**more: Any) -> set[str]:
        groups = yaml.safe_load(plan(**more)["rules"])["groups"]
        return {rule["alert"] for group in groups for rule in group["rules"]}

    assert {"ServerDown", "BackupMissed", "LimitReached"} <= names()
    assert "DrillOverdue" not in names()
    assert "DrillOverdue" in names(drills=["drill"], variables={SERVER: HOST, "drill": DRILL})
    off = {**DRILL, "monitoring_enabled": False}  # nobody would hear of its drills
    assert "DrillOverdue" not in names(drills=["drill"], variables={SERVER: HOST, "drill": off})
    assert "BackupMissed" not in names(variables={SERVER: {**HOST, "backups_recipients": []}})


def test_files_are_where_the_plan_says() -> None:
    found = plan()
    assert yaml.safe_load(found["config"])["rule_files"] == [found["rules_file"]]
    assert f"--config.file={found['config_file']}" in found["prometheus_arguments"]
    assert f"--config.file={found['notices_file']}" in found["alertmanager_arguments"]
    services = yaml.safe_load((ROLE / "vars" / "main.yml").read_text())["monitoring_prometheus_services"]
    taken = [path for service in services for path in service["taken"]]
    assert taken == [found["config_file"], found["rules_file"], found["notices_file"]]


@pytest.mark.parametrize(("name", "value"), [
    ("address", "somewhere"), ("prometheus_port", 0), ("alertmanager_port", 9090), ("keep", "long"), ("receivers", [{}]),
    ("routes", [{"receiver": "nobody knows"}]),
])
def test_what_is_wrong_with_a_variable_is_told(name: str, value: object) -> None:
    assert plan()["problems"] == []
    assert len(plan(**{name: value})["problems"]) == 1


def test_nothing_is_done_and_nothing_judged_where_it_is_not_asked_for() -> None:
    found = plan(enabled=False, keep="long")
    assert (found["acts"], found["problems"]) == (False, [])
    assert "monitoring_enabled" in found["remark"]


def test_without_receivers_nobody_is_told() -> None:
    found = yaml.safe_load(FilterModule().filters()["alertmanager"]([]))
    assert found["route"]["receiver"] == "nobody"
    assert found["receivers"] == [{"name": "nobody"}]


def test_the_first_receiver_gets_what_no_route_gives_to_another() -> None:
    receivers = [{"name": "team", "webhook_configs": [{"url": "http://127.0.0.1:1/"}]}, {"name": "pager"}]
    routes = [{"matchers": ['severity="critical"'], "receiver": "pager"}]
    found = notices.configuration(receivers, routes)
    assert (found["route"]["receiver"], found["route"]["routes"]) == ("team", routes)


@pytest.mark.parametrize(("receivers", "routes", "told"), [
    ("text", [], "a list of receivers"),
    ([], ["text"], "a list of routes"),
    ([{"webhook_configs": []}], [], "receiver 1 has no name"),
    ([{"name": "a"}, {"name": "a"}], [], "two are called 'a'"),
    ([{"name": "nobody"}], [], "choose another name"),
    ([], [{"routes": [{"receiver": "lost"}]}], "'lost' is none of monitoring_receivers"),
])
def test_wrong_receivers_are_refused_without_a_word_of_their_secrets(receivers: Any, routes: Any, told: str) -> None:
    if isinstance(receivers, list):
        receivers = [{**one, "webhook_configs": [{"url": "http://fake-secret/"}]} for one in receivers]
    with pytest.raises(AnsibleFilterError, match=told) as caught:
        FilterModule().filters()["alertmanager"](receivers, routes)
    assert "fake-secret" not in str(caught.value)


def test_what_is_held_back_is_an_alert_that_there_is() -> None:
    groups = scrape.rules([TOLD], ours(), drills=True)["groups"]
    names = {rule["alert"] for group in groups for rule in group["rules"]}
    told = {name for cause, effects, _equal in notices.FOLLOWS for name in (cause, *effects.split("|"))}
    assert told <= names
