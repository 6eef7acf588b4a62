"""The role's variables are judged on the controller, all at once; what the exporters are told follows from the matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.bbworlds.good_neighbor.plugins.filter.monitoring import monitoring_plan
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import GoodNeighborError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.monitoring import role_plan
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.monitoring.role_plan import Wishes

WISHES = Wishes(True, True, "127.0.0.1", 9187, 9100, True, ("cpu", "filesystem"), 30, "/var/lib/prometheus/node-exporter",
                "/var/run/postgresql")
ROLE = {"role": "gn_monitor", "use": "monitoring", "connection_limit": 6, "client_addresses": ["local"]}


def row(service: str, **more: Any) -> dict[str, Any]:
    """A row of the matrix."""
    return {"service": service, "server": "one", "database": f"{service}_db", "owner": f"{service}_user", "purpose": "x",
            "status": "active", "connection_limit": 3, "backup": "important", **more}


RETIRED = {key: value for key, value in row("c", status="retired").items() if key != "connection_limit"}
ROWS = (row("b"), row("a"), RETIRED, row("d", status="planned"), row("e", server="two"))


def planned(wishes: Wishes = WISHES, rows: Sequence[dict[str, Any]] = ROWS, *roles: dict[str, Any],
            extensions: Sequence[str] = ("pg_stat_statements",)) -> dict[str, Any]:
    """A plan."""
    spec = {"mode": "enforce", "max_connections": 100, "maintenance_connections": 5}
    servers = {"one": {**spec, "system_roles": list(roles or (ROLE,)), "extensions": list(extensions)}, "two": spec}
    return role_plan.plan(servers, list(rows), "one", wishes)


def test_what_is_asked_follows_the_matrix() -> None:
    found = planned()
    assert (found["problems"], found["acts"], found["remark"]) == ([], True, "")
    assert found["databases"] == ["a_db", "b_db"]  # of this server, active ones alone
    assert (found["role"], found["attributes"], found["limit"]) == ("gn_monitor", "LOGIN", 6)
    assert found["groups"] == ["pg_monitor"]
    assert "--include-databases=a_db,b_db" in found["postgres_arguments"]
    assert not any("cpu" in word for word in found["postgres_arguments"])
    assert {"--collector.disable-defaults", "--collector.textfile", "--collector.cpu"} < set(found["node_arguments"])


def test_the_exporter_comes_in_by_the_socket_and_nothing_stored_in_a_database_steers_it() -> None:
    source = urlsplit(planned(replace(WISHES, socket="/run/a b"))["source"])
    asked = {name: values[0] for name, values in parse_qs(source.query).items()}
    assert (source.username, source.password, source.hostname, source.port) == ("gn_monitor", None, None, 5432)
    assert (source.path, asked["host"], asked["search_path"]) == ("/postgres", "/run/a b", "pg_catalog")
    assert asked["default_transaction_read_only"] == "on" and " " not in source.query


def test_without_tables_no_database_is_entered() -> None:
    few = {**ROLE, "connection_limit": 4}
    found = planned(replace(WISHES, tables=False), [row("a b,c", database="a b,c")], few)
    assert found["problems"] == [] and found["databases"] == []
    assert found["postgres_arguments"] == ["--web.listen-address=127.0.0.1:9187"]
    (problem,) = planned(replace(WISHES, tables=False), ROWS, {**ROLE, "connection_limit": 3})["problems"]
    assert "write connection_limit: 4" in problem


def test_an_address_of_ipv6_stands_in_brackets() -> None:
    found = planned(replace(WISHES, address="::1"))
    assert "--web.listen-address=[::1]:9100" in found["node_arguments"]


@pytest.mark.parametrize(("change", "said"), [
    ({"address": "eth0"}, "is no address"), ({"address": ""}, "is no address"), ({"postgres_port": 0}, "from 1 to 65535"),
    ({"node_port": 9187}, "are the same"), ({"watch_every": 1}, "at least 5"), ({"metrics": "/a b"}, "without blanks"),
    ({"metrics": "here"}, "path of a folder"), ({"collectors": ("cpu --x",)}, "no name of a collector"),
])
def test_what_is_wrong_is_told(change: dict[str, Any], said: str) -> None:
    (problem,) = planned(replace(WISHES, **change))["problems"]
    assert said in problem


@pytest.mark.parametrize(("change", "said"), [
    ({"client_addresses": []}, "[local]"), ({"connection_limit": 5}, "connection_limit: 6"), ({"role": "Eye 1"}, "account"),
    ({"use": "backup"}, "none of its system_roles has use: monitoring"),
])
def test_what_is_wrong_with_the_role(change: dict[str, Any], said: str) -> None:
    (problem,) = planned(WISHES, ROWS, {**ROLE, **change})["problems"]
    assert said in problem


def test_a_name_that_the_exporter_would_cut_is_told() -> None:
    (problem,) = planned(WISHES, [row("a", database="a,b")])["problems"]
    assert "service a" in problem and "monitoring_tables: false" in problem


def test_what_counts_statements_belongs_to_the_matrix() -> None:
    (problem,) = planned(extensions=("amcheck",))["problems"]
    assert "extensions: [amcheck, pg_stat_statements]" in problem


def test_all_is_told_at_once() -> None:
    assert len(planned(replace(WISHES, address="x", watch_every=0), ROWS, {**ROLE, "connection_limit": 1})["problems"]) == 3


@pytest.mark.parametrize("wishes", [replace(WISHES, enabled=False, address="x"), replace(WISHES, acts=False)])
def test_where_nothing_is_wanted_nothing_is_done_and_it_is_told(wishes: Wishes) -> None:
    found = planned(wishes)
    assert (found["acts"], found["problems"]) == (False, []) and found["remark"]


def test_a_server_that_the_matrix_lacks() -> None:
    spec = {"mode": "audit", "max_connections": 10, "maintenance_connections": 5}
    with pytest.raises(GoodNeighborError, match="none of good_neighbor_servers"):
        role_plan.plan({"other": spec}, [], "one", WISHES)


def told(**times: float) -> list[str]:
    """What find says of files; those of time 0 are not there."""
    return [f"{time:.10f} /{name}" for name, time in times.items() if time]


@pytest.mark.parametrize(("times", "must"), [
    ({"mark": 5.5, "unit": 5.25, "program": 1}, False), ({"mark": 5.5, "unit": 5.75, "program": 1}, True),
    ({"mark": 0, "unit": 1, "program": 1}, True), ({"mark": 5.5, "unit": 0, "program": 1}, False),
    ({"mark": 5.5, "unit": 5.5, "program": 1}, True),
])
def test_a_service_older_than_its_files_is_started_anew(times: dict[str, float], must: bool) -> None:
    service = {"mark": "/mark", "files": ["/unit", "/program"]}
    assert role_plan.older(service, told(**times)) is must


def test_a_path_with_blanks() -> None:
    assert role_plan.older({"mark": "/mark", "files": ["/a b"]}, ["5.5 /a b", "5.25 /mark"])


@pytest.mark.parametrize(("changed", "dest", "must"), [(True, "/unit", True), (False, "/unit", False), (True, "/x", False)])
def test_check_mode_knows_by_what_would_be_written(changed: bool, dest: str, must: bool) -> None:
    written = [{"changed": changed, "item": {"dest": dest}}]
    assert role_plan.older({"mark": "/mark", "files": ["/unit"]}, told(mark=5, unit=1), written) is must


def test_a_host_of_drills_gets_its_node_exporter_alone() -> None:
    found = role_plan.node_plan(WISHES)
    assert (found["acts"], found["problems"]) == (True, [])
    assert found["node_arguments"] == planned()["node_arguments"]
    off = role_plan.node_plan(replace(WISHES, enabled=False, address="nowhere"))
    assert (off["acts"], off["problems"]) == (False, [])
    assert len(role_plan.node_plan(replace(WISHES, address="nowhere"))["problems"]) == 1


def test_what_comes_from_the_command_line_is_text() -> None:
    servers = {"one": {"mode": "enforce", "max_connections": 100, "maintenance_connections": 5, "system_roles": [ROLE],
                       "extensions": ["pg_stat_statements"]}}
    words = {**vars(WISHES), "collectors": ["cpu"]}
    written = {**words, "enabled": "no", "node_port": "9101", "watch_every": "31"}
    assert not monitoring_plan(ROWS[:2], servers, "one", written)["acts"]
    found = monitoring_plan(ROWS[:2], servers, "one", {**written, "enabled": "true"})
    assert found["problems"] == [] and "--web.listen-address=127.0.0.1:9101" in found["node_arguments"]
    with pytest.raises(AnsibleFilterError, match="monitoring_watch_every: 'often' is not a whole number"):
        monitoring_plan(ROWS[:2], servers, "one", {**words, "watch_every": "often"})
