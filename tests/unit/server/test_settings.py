"""The settings of a server: from the matrix, from the host, from the user; and what an adopted one keeps."""

from __future__ import annotations

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.server import addresses, plan, settings
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.server.host import FINISHED, FOREIGN, Host, Network
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.server.options import Options

from .worlds import EXTERNAL, NAME, ROW, SERVER, host, matrix, options


def settings_of(on: Host, chosen: Options, row: dict[str, object] | None = None, **server: object) -> dict[str, str]:
    """The settings that the plan has for this host."""
    found = plan.plan({NAME: {**SERVER, **server}, **EXTERNAL}, [{**ROW, **(row or {})}], NAME, on, chosen)
    assert found["problems"] == []
    chosen_settings: dict[str, str] = found["settings"]
    return chosen_settings


@pytest.mark.parametrize(("version", "kept", "reserve"), [
    ("15", 20, {"superuser_reserved_connections": "20"}),
    ("16", 20, {"superuser_reserved_connections": "3", "reserved_connections": "17"}),
    ("17", 2, {"superuser_reserved_connections": "2", "reserved_connections": "0"}),
    ("18", 0, {"superuser_reserved_connections": "1", "reserved_connections": "0"}),
])
def test_the_reserve_is_what_the_matrix_says(version: str, kept: int, reserve: dict[str, str]) -> None:
    assert settings.reserve(version, kept) == reserve


def test_the_matrix_decides_about_connections_and_port() -> None:
    found = settings_of(host(), options(), port=5433)
    assert (found["max_connections"], found["port"], found["listen_addresses"]) == ("100", "5433", "localhost")


@pytest.mark.parametrize(("client", "heard"), [
    ("10.1.2.3/32", "localhost, 10.1.0.7"),  # the host's address in the client's network
    ("10.0.0.0/8", "localhost, 10.1.0.7"),
    ("203.0.113.0/24", "localhost, 192.0.2.7"),  # nowhere near: the way out
    ("2001:db8:5::/48", "localhost, 2001:db8::7"),
    ("127.0.0.0/8", "localhost"),
    ("local", "localhost"),
])
def test_the_server_listens_where_somebody_comes_in(client: str, heard: str) -> None:
    for where in ({"client_addresses": [client]},
                  {"readers": [{"role": "guest", "connection_limit": 1, "client_addresses": [client]}]}):
        assert addresses.listen(addresses.clients(matrix(where), NAME), host().networks) == heard


def test_a_planned_row_opens_no_address() -> None:
    assert addresses.clients(matrix({"client_addresses": ["10.1.2.3/32"], "status": "planned"}), NAME) == []


def test_a_system_role_opens_one() -> None:
    role = {"role": "copy", "use": "replication", "client_addresses": ["10.1.9.9"]}
    assert addresses.clients(matrix(system_roles=[role]), NAME) == ["10.1.9.9/32"]


def test_a_host_without_a_way_out_listens_on_all_of_that_kind() -> None:
    only = [Network("192.0.2.7/24"), Network("198.51.100.7/24")]
    assert addresses.listen(["203.0.113.1/32"], only) == "localhost, 192.0.2.7, 198.51.100.7"


def test_the_user_wins_and_null_leaves_it_to_the_server() -> None:
    found = settings_of(host(), options(settings={"work_mem": "3MB", "ssl": False, "log_statement": None, "jit": True}))
    assert (found["work_mem"], found["ssl"], found["jit"]) == ("3MB", "off", "on")
    assert "log_statement" not in found


def test_memory_may_be_less_than_the_hosts() -> None:
    assert settings_of(host(), options(memory=4000))["shared_buffers"] == "1000MB"


def test_a_server_that_was_there_keeps_what_it_lives_by() -> None:
    present = {"shared_preload_libraries": 'timescaledb, "pg_stat_statements"', "wal_level": "logical",
               "max_wal_senders": "40", "max_replication_slots": "5", "archive_mode": "on", "archive_command": "send %p",
               "listen_addresses": "*"}
    there = host(state=FOREIGN, includes=True, present=present, installed=("postgresql-17",))
    found = settings_of(there, options())
    assert found["shared_preload_libraries"] == "timescaledb, pg_stat_statements, set_user"
    assert (found["max_wal_senders"], found["max_replication_slots"]) == ("40", "10")
    assert found["listen_addresses"] == "*"
    assert {"wal_level", "archive_mode", "archive_command", "primary_conninfo"}.isdisjoint(found)
    assert settings_of(there, options(hba="manage"))["listen_addresses"] == "localhost"


def test_one_of_ours_does_not_grow_by_what_it_once_loaded() -> None:
    mine = host(state=FINISHED, includes=True, present={"shared_preload_libraries": "old"}, installed=("postgresql-17",))
    assert settings_of(mine, options())["shared_preload_libraries"] == "pg_stat_statements, set_user"


def test_a_value_may_hold_anything_but_a_line_break() -> None:
    assert settings.text({"a": "it's", "b": "c:\\d"}).splitlines()[1:] == ["a = 'it''s'", "b = 'c:\\\\d'"]
