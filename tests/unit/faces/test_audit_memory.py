"""What the last audit found is remembered, for its owner alone; whatever happens to the memory, an audit goes on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.audit_memory import Memory, keep, marked, place, recall


def row(rule: str, obj: str | None = None, state: str = "open") -> dict[str, Any]:
    """A violation as the modules return it."""
    return {"rule": rule, "database": "loans", "role": None, "object": obj, "state": state, "severity": "high",
            "message": f"{rule} says a word"}


def told(rows: list[dict[str, Any]], memory: Memory) -> list[tuple[str, bool]]:
    """Rule and whether it is new."""
    return [(found["rule"], found["new"]) for found in marked({"violations": rows}, memory)["violations"]]


def test_what_was_there_is_not_new(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "below" / "db1.json"
    assert keep(path, "2026-11-27T03:00+01:00", [row("a"), row("b", "x"), row("c", state="remedied")]) == ""
    memory = recall(path)
    assert memory.since == "2026-11-27T03:00+01:00"
    rows = [row("a"), row("b", "y"), row("c"), row("d", state="remedied")]
    assert told(rows, memory) == [("a", False), ("b", True), ("c", True), ("d", False)]
    found = marked({"violations": rows, "compliant": False}, memory)
    assert (found["ended"], found["last_audit"], found["compliant"]) == (1, memory.since, False)
    assert "says a word" not in path.read_text()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [file.name for file in path.parent.iterdir()] == ["db1.json"]


def test_a_first_audit_has_nothing_to_compare_with(tmp_path: Path) -> None:
    memory = recall(tmp_path / "none.json")
    assert memory == Memory()
    assert told([row("a")], memory) == [("a", True)]
    assert marked({"violations": []}, memory)["last_audit"] is None


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": 1}', '{"format": 2, "since": "x", "known": []}',
                                  '{"format": 1, "since": "x", "known": [["a"]]}', '{"format": 1, "since": "x", "known": 3}',
                                  "\udcff"])
def test_a_damaged_memory_makes_everything_new(tmp_path: Path, text: str) -> None:
    path = tmp_path / "db1.json"
    path.write_text(text, encoding="utf-8", errors="surrogateescape")
    memory = recall(path)
    assert (memory.since, memory.known) == ("", frozenset())
    assert "everything counts as new" in memory.note and str(path) in memory.note
    assert keep(path, "now", [row("a")]) == ""
    assert recall(path).known == {("a", "loans", "", "")}


def test_where_nothing_can_be_kept_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = keep(tmp_path / "file" / "db1.json", "now", [row("a")])
    assert "cannot be kept" in said
    assert recall(tmp_path / "file" / "db1.json").note


def test_servers_and_inventories_are_remembered_apart(tmp_path: Path) -> None:
    names = {place(str(tmp_path), server, inventory).name for server in ("db1", "db2", "../db1")
             for inventory in (["a"], ["b"], ["a", "b"])}
    assert len(names) == 9
    assert not [name for name in names if os.sep in name]
    assert place(str(tmp_path), "db1", ["a"]) == place(str(tmp_path), "db1", [os.path.abspath("a")])
