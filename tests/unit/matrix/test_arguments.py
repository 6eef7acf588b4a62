"""What a host is sent: everything the task says, the schema files' text, and nobody else's secrets."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import MatrixError
from ansible_collections.bbworlds.good_neighbor.plugins.plugin_utils import schema_sources
from ansible_collections.bbworlds.good_neighbor.plugins.plugin_utils.arguments import prepared

from .conftest import Raw

SQL = "CREATE TABLE dishes ();\r\n-- ü\n"


@pytest.fixture
def playbook(tmp_path: Path) -> Path:
    """A playbook's folder, with the schema file of the kitchen."""
    file = tmp_path / "schemas" / "recipes" / "001.sql"
    file.parent.mkdir(parents=True)
    file.write_bytes(SQL.encode())
    return tmp_path


@pytest.fixture
def arguments(clean: Raw) -> dict[str, Any]:
    """A task's arguments."""
    clean.servers["desk.example"] = {"mode": "audit", "max_connections": 50, "maintenance_connections": 5}
    clean.allocation.append({
        "service": "notes", "server": "desk.example", "database": "notes", "owner": "scribe", "purpose": "notes",
        "password": "fake-4-of-the-matrix-tests", "status": "active", "connection_limit": 5, "backup": "important",
        "readers": [{"role": "notes_eye", "password": "fake-5-of-the-matrix-tests", "connection_limit": 1}],
    })  # fmt: skip
    return {
        "servers": clean.servers, "allocation": clean.allocation, "server": "shelf.example",
        "mode": "additive", "login_user": "postgres", "services": ["kitchen"], "anything": {"else": 1},
    }  # fmt: skip


def told(arguments: dict[str, Any], playbook: Path) -> list[str]:
    """Every line of what is wrong."""
    with pytest.raises(MatrixError) as error:
        prepared(arguments, playbook)
    return [str(problem) for problem in error.value.problems]


def test_only_its_own_secrets_are_sent_to_a_server(arguments: dict[str, Any], playbook: Path) -> None:
    before = copy.deepcopy(arguments)
    sent = prepared(arguments, playbook)
    assert "fake-1" in repr(sent)
    assert "fake-2" in repr(sent)
    assert not [n for n in (3, 4, 5) if f"fake-{n}" in repr(sent)], "of a planned row, and of another server's"
    assert sent["allocation"][0] == arguments["allocation"][0]
    assert sent["allocation"][1]["logins"] == [{"role": "painter"}]
    assert sent["allocation"][-1]["readers"] == [{"role": "notes_eye", "connection_limit": 1}]
    assert arguments == before
    desk = prepared({**arguments, "server": "desk.example"}, playbook)
    assert [n for n in range(1, 6) if f"fake-{n}" in repr(desk)] == [4, 5]


def test_all_other_arguments_pass_unchanged(arguments: dict[str, Any], playbook: Path) -> None:
    sent = prepared(arguments, playbook)
    own = ("allocation", "schema_sources")
    assert {key: value for key, value in sent.items() if key not in own} == {
        key: value for key, value in arguments.items() if key not in own
    }


def test_schema_files_are_read_to_the_letter(arguments: dict[str, Any], playbook: Path) -> None:
    assert prepared(arguments, playbook)["schema_sources"] == [{"path": "schemas/recipes/001.sql", "content": SQL}]
    assert prepared({**arguments, "server": "desk.example"}, playbook)["schema_sources"] == []


def test_a_schema_file_may_be_of_the_collection_or_anywhere(
    arguments: dict[str, Any], playbook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = tmp_path / "collection"
    (collection / "schemas").mkdir(parents=True)
    (collection / "schemas" / "shared.sql").write_text("SELECT 2")
    (collection / "schemas" / "recipes").mkdir()
    (collection / "schemas" / "recipes" / "001.sql").write_text("SELECT 3")
    (tmp_path / "whole.sql").write_text("SELECT 4")
    monkeypatch.setattr(schema_sources, "COLLECTION", collection)
    files = [f"{tmp_path}/whole.sql", "schemas/shared.sql", "schemas/recipes/001.sql"]
    arguments["allocation"][0]["schema_files"] = files
    contents = [source["content"] for source in prepared(arguments, playbook)["schema_sources"]]
    assert contents == ["SELECT 4", "SELECT 2", SQL], "in the row's order, beside the playbook first"


def test_files_that_cannot_be_read_are_told_with_all_else(
    arguments: dict[str, Any], playbook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema_sources, "COLLECTION", Path("/collection"))
    (playbook / "latin.sql").write_bytes(b"\xfc")
    row = arguments["allocation"][0]
    row.update(schema_files=["no.sql", "/no/such.sql", "latin.sql", "x" * 5000], connection_limit=0)
    arguments.update(services=["kitchn"], baseline=[7])
    lines = told(arguments, playbook)
    write = "write a whole path, or one beside the playbook or in the collection"
    assert lines[:-1] == [
        "service kitchen: connection_limit: is 0; write a whole number from 1 to 262143",
        "this task: services: 'kitchn' is no service of the matrix; "
        "write kitchen, gallery, attic, till or notes (did you mean kitchen?)",
        "this task: baseline: 7 is no service of the matrix; write kitchen, gallery, attic, till or notes",
        f"service kitchen: schema_files[no.sql]: is neither in {playbook} nor in /collection; {write}",
        f"service kitchen: schema_files[/no/such.sql]: is no file; {write}",
        "service kitchen: schema_files[latin.sql]: is not encoded as UTF-8; save it as UTF-8",
    ]
    assert "schema_files[xxx" in lines[-1]


def test_files_that_cannot_run_are_told_too(arguments: dict[str, Any], playbook: Path) -> None:
    (playbook / "psql.sql").write_text("CREATE TABLE t ();\n\\i more.sql\nCOMMIT;\n")
    arguments["allocation"][0]["schema_files"] = ["psql.sql"]
    lines = told(arguments, playbook)
    assert [line.partition(": cannot run: ")[0] for line in lines] == ["service kitchen: schema_files[psql.sql]"] * 2
    assert "psql.sql:2: " in lines[0] and "psql.sql:3: " in lines[1]


@pytest.mark.parametrize(("server", "says"), [
    (None, "this task: server: is missing; write shelf.example, bank.example or desk.example"),
    ("shelf.exmple", "this task: server: 'shelf.exmple' is none of good_neighbor_servers; "
                     "write shelf.example, bank.example or desk.example (did you mean shelf.example?)"),
    (5, "this task: server: 5 is none of good_neighbor_servers; write shelf.example, bank.example or desk.example"),
    ("bank.example", "this task: server: 'bank.example' is not managed: it is external, and never touched; "
                     "write a managed server"),
])  # fmt: skip
def test_a_server_that_is_not_ours(arguments: dict[str, Any], playbook: Path, server: object, says: str) -> None:
    assert told({**arguments, "server": server}, playbook) == [says]


def test_nothing_at_all_is_told_too(playbook: Path) -> None:
    assert told({}, playbook) == [
        "the matrix: good_neighbor_servers: is nothing, not a mapping; write each server's name with its keys below",
        "the matrix: good_neighbor_allocation: is nothing, not a list; write a list with one row for each service",
    ]


def test_withheld_secrets(arguments: dict[str, Any], playbook: Path) -> None:
    del arguments["allocation"][0]["password"]
    assert len(told(arguments, playbook)) == 2
    assert "password" not in prepared(arguments, playbook, secrets_withheld=True)["allocation"][0]
