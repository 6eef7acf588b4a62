"""pg_hba.conf from the matrix: who gets a line, which, and in which order."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import hba
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import GoodNeighborError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.types import (
    Allocation,
    Login,
    Matrix,
    Reader,
    ServerSpec,
    SystemRole,
)


def row(service: str) -> Allocation:
    """An active row of server db1 as plain as can be."""
    return Allocation(service=service, title=service, server="db1", database=service, owner=f"{service}_user",
                      purpose="x", status="active")


def test_lines_follow_the_matrix() -> None:
    spec = ServerSpec("db1", hba=("local all postgres peer",), system_roles=(
        SystemRole("gn_monitor", use="monitoring", client_addresses=("local", "127.0.0.1/32")),
        SystemRole("gn_replica", use="replication", client_addresses=("10.0.0.7/32",)),
        SystemRole("gn_pooler", use="pooler", client_addresses=("::1/128",)),
        SystemRole("metrics", purpose="x", connect=("memory",), client_addresses=("local",)),
        SystemRole("no_network", use="backup"),
        SystemRole("gn_backup", use="backup", client_addresses=("local", "127.0.0.1/32")),
    ))
    rows = (
        replace(row("memory"), readers=(Reader("looker", 3, client_addresses=("10.1.0.0/16",)),)),
        replace(row("world"), logins=(Login("world_login"),), client_addresses=("local",), schema_files=("1.sql",)),
        replace(row("bare"), logins=(Login("bare_login"),), client_addresses=("local",)),
        replace(row("later"), status="planned"), replace(row("gone"), status="retired"),
        replace(row("theirs"), status="external"), replace(row("other"), server="db2"),
    )
    assert hba.lines(Matrix((spec, ServerSpec("db2")), rows), "db1") == [
        "local all postgres peer",
        "local memory memory_user scram-sha-256",
        "host memory memory_user 127.0.0.1/32 scram-sha-256",
        "host memory memory_user ::1/128 scram-sha-256",
        "hostssl memory looker 10.1.0.0/16 scram-sha-256",
        "local world world_login scram-sha-256",
        "local world world_user scram-sha-256",
        "local bare bare_login scram-sha-256",
        "local all gn_monitor peer",
        "host all gn_monitor 127.0.0.1/32 scram-sha-256",
        "host postgres gn_pooler ::1/128 scram-sha-256",
        "local memory metrics scram-sha-256",
        "local all gn_backup peer",
        "host all gn_backup 127.0.0.1/32 scram-sha-256",
        "hostssl replication gn_replica 10.0.0.7/32 scram-sha-256",
        "local all all reject",
        "local replication all reject",
        "hostssl all all all reject",
        "hostnossl all all all reject",
        "host replication all all reject",
    ]


@pytest.mark.parametrize(("logins", "owner_lines"), [
    ((), ["local far far_user scram-sha-256", "hostssl far far_user 10.0.0.7/32 scram-sha-256"]),
    ((Login("far_login"),), ["local far far_user scram-sha-256", "hostssl far far_user 10.0.0.7/32 scram-sha-256"]),
])
def test_schema_files_of_a_service_elsewhere_are_applied_on_the_server(
    logins: tuple[Login, ...], owner_lines: list[str]
) -> None:
    far = replace(row("far"), logins=logins, client_addresses=("10.0.0.7/32",), schema_files=("1.sql",))
    found = hba.lines(Matrix((ServerSpec("db1"),), (far,)), "db1")
    assert sorted(line for line in found if "far_user" in line) == sorted(owner_lines)


@pytest.mark.parametrize(("name", "word"), [
    ("voice_ninja", "voice_ninja"), ("all", '"all"'), ("replication", '"replication"'), ("sameuser", '"sameuser"'),
    ("+group", '"+group"'), ("@file", '"@file"'), ("with space", '"with space"'), ("a,b", '"a,b"'), ("a#b", '"a#b"'),
    ('say "x"', '"say ""x"""'), ("Upper", '"Upper"'), ("ünï", '"ünï"'), ("/a.b", '"/^\\/a\\.b$"'),
])
def test_a_word_means_one_name(name: str, word: str) -> None:
    assert hba.word(name) == word


def test_a_line_break_is_refused() -> None:
    with pytest.raises(GoodNeighborError, match="holds a line break"):
        hba.word("a\nb")
