"""What is wrong is told before anything is changed, and says what to do."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import GoodNeighborError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.server import plan, problems
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.server.host import FINISHED, FOREIGN

from .worlds import EXTERNAL, NAME, ROW, SERVER, host, matrix, options


def told(row: dict[str, Any] | None = None, on: dict[str, Any] | None = None, **chosen: Any) -> list[str]:
    """The problems of a bare host, with what a test says otherwise."""
    known = matrix(row)
    return problems.problems(known, known.server(NAME), host(**(on or {})), options(**chosen))


def test_nothing_is_wrong_with_a_usual_host() -> None:
    assert told() == []


CASES: list[tuple[str, dict[str, Any]]] = [
    ("postgresql_server_version is '12', which this role does not know: write one of 15, 16, 17, 18", {"version": "12"}),
    ("PostgreSQL 14 is not one of those", {"on": {"version": "14"}}),
    ("there are several clusters (15/main, 17/main)",
     {"on": {"clusters": ("15/main", "17/main"), "state": FOREIGN, "includes": True}}),
    ("no package source: apt knows none here, and postgresql-17 is not installed", {"on": {"sources": False}}),
    ("no package source offers PostgreSQL", {"on": {"version": "", "candidates": ()}}),
    ("no package source offers postgresql-17, which PostgreSQL 17 needs", {"on": {"candidates": host().candidates[1:]}}),
    ("no package source offers postgresql-17-pgvector, which extension vector of service kitchen needs",
     {"row": {"extensions": ["vector"]}}),
    ("no package source offers postgresql-17-credcheck, which postgresql_server_libraries asks for",
     {"libraries": ("credcheck",)}),
    ("700 MiB of memory are too little: 100 connections take 784 MiB", {"memory": 700}),
    ("200 MiB are free where /var/lib/postgresql lies, and 1024 MiB are needed", {"on": {"disk_free": 200}}),
    ("200 MiB are free where /data lies, and 256 MiB are needed",
     {"on": {"disk_free": 200, "state": FINISHED, "data_directory": "/data"}}),
    ("port 5432 is taken by nginx (pid 7)", {"on": {"port_program": "nginx (pid 7)"}}),
    ("port 5432 belongs to the cluster 15/old", {"on": {"other_ports": {"15/old": 5432}}}),
    ("/etc/postgresql/17/main/postgresql.conf does not read conf.d", {"on": {"state": FOREIGN}}),
    ("postgresql_server_tls_certificate is given and postgresql_server_tls_key is not", {"certificate": "x"}),
    ("holds no certificate in PEM form", {"certificate": "x", "key": "y"}),
    ("PostgreSQL has no setting work_men (did you mean work_mem?)", {"settings": {"work_men": "1MB"}}),
    ("max_connections follows from the matrix", {"settings": {"max_connections": 5}}),
    ("work_mem must be one value on one line", {"settings": {"work_mem": "1MB\nfsync=off"}}),
    ("work_mem must be one value on one line", {"settings": {"work_mem": ["1MB"]}}),
    ("the matrix lets 2001:db8::/32 in, and the host has no address of that kind",
     {"row": {"client_addresses": ["2001:db8::/32"]}, "on": {"networks": host().networks[:1]}}),
]


@pytest.mark.parametrize(("says", "how"), CASES)
def test_it_is_told(says: str, how: dict[str, Any]) -> None:
    found = told(**how)
    assert len(found) == 1
    assert says in found[0]


def test_all_of_it_is_told_at_once() -> None:
    assert len(told(on={"disk_free": 1, "port_program": "nginx (pid 7)"}, memory=10, settings={"x": 1})) == 4


def test_a_library_of_the_users_own_is_its_own_business() -> None:
    assert told(settings={"plugin.switch": "on"}) == []


def test_lists_that_apt_has_not_read_yet_prove_nothing() -> None:
    unread = {"lists": False, "candidates": (), "version": ""}
    assert told(on=unread) == []
    found = plan.plan({NAME: SERVER}, [ROW], NAME, host(**unread), options())
    assert (found["changes"], found["settings"]) == (False, {})
    assert "apt-get update" in found["remarks"][0]


def test_a_source_that_will_be_added_may_offer_it() -> None:
    assert told(on={"candidates": ()}, repository=True, version="18") == []


@pytest.mark.parametrize(("name", "says"), [("far.example.com", "is not managed: it is external"), ("other", "is none of")])
def test_a_server_that_is_not_ours(name: str, says: str) -> None:
    with pytest.raises(GoodNeighborError, match=says):
        plan.plan({NAME: SERVER, **EXTERNAL}, [ROW], name, host(), options())


@pytest.mark.parametrize(("mode", "state", "changes", "manages"), [
    ("audit", "absent", False, False), ("audit", "finished", False, False), ("additive", "absent", True, True),
    ("additive", "making", True, True), ("additive", "made", True, True), ("additive", "finished", False, False),
    ("additive", "foreign", False, False), ("enforce", "finished", True, True), ("enforce", "foreign", True, False),
])
def test_how_far_a_run_goes(mode: str, state: str, changes: bool, manages: bool) -> None:
    found = plan.plan({NAME: SERVER}, [ROW], NAME, host(state=state, includes=True), options(mode=mode))
    assert (found["changes"], found["manages_hba"]) == (changes, manages)


def test_an_adopted_server_is_managed_when_the_user_says_so() -> None:
    there = host(state=FOREIGN, includes=True, checksums=False)
    found = plan.plan({NAME: SERVER}, [ROW], NAME, there, options(hba="manage"))
    assert found["manages_hba"]
    assert "no data checksums" in found["remarks"][0]
