"""A manifest comes back as it was, and a damaged or forged one not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.errors import BackupError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.manifest import (
    Content,
    Locale,
    Manifest,
    SchemaFile,
    Table,
    from_json,
    to_json,
)
from hypothesis import given
from hypothesis import strategies as st

TIME = datetime(2026, 11, 28, 2, 15, 0, tzinfo=timezone.utc)
MANIFEST = Manifest(
    server="voice-ninja.com", system_identifier="7301234567890123456", service="nexus", database="bbworlds_nexus",
    owner="nexus_user", priority="important", started=TIME, finished=TIME, server_version=170002, encoding="UTF8",
    locale=Locale("c", "C.UTF-8", "C.UTF-8", "", ""), extensions=(("plpgsql", "1.0"), ("vector", "0.8.0")),
    schema_files=(SchemaFile("schemas/a.sql", "ab" * 32),),
    tables=(Table("public", 'a "b"\n', 3), Table("public", "users", 0)), large_objects=0,
    dump=Content(12, "0" * 64), globals=Content(0, "f" * 64))


def test_it_comes_back_as_it_was() -> None:
    assert from_json(to_json(MANIFEST)) == MANIFEST
    assert to_json(from_json(to_json(MANIFEST))) == to_json(MANIFEST)
    assert json.loads(to_json(MANIFEST))["started"] == "2026-11-28T02:15:00Z"


def test_its_tables_are_sorted() -> None:
    assert from_json(to_json(replace(MANIFEST, tables=MANIFEST.tables[::-1]))) == MANIFEST


def changed(**changes: Any) -> bytes:
    """The manifest with some keys changed; None takes one away."""
    values = json.loads(to_json(MANIFEST))
    values.update(changes)
    return json.dumps({key: value for key, value in values.items() if value is not None}).encode()


TABLE = {"schema": "public", "name": "t", "rows": 1}


@pytest.mark.parametrize(("content", "said"), [
    (b"", "damaged"), (b"\xff", "damaged"), (b"[]", "mapping"), (b"[" * 200000, "damaged"),
    (b'{"format": 1, "format": 1}', "twice"), (b'{"format": NaN}', "no number"),
    (changed(format=2), "another format"), (changed(format=True), "format"), (changed(format="1"), "format"),
    (changed(server=None), "server is missing"), (changed(server=""), "server"), (changed(server=3), "server"),
    (changed(more=1), "'more'"), (changed(priority="planned"), "priority"), (changed(system_identifier="x"), "system_id"),
    (changed(started="2026-11-28 02:15:00"), "started"), (changed(started="2026-13-28T02:15:00Z"), "started"),
    (changed(started="2026-11-28T02:15:01Z"), "before it was started"),
    (changed(tables=[{**TABLE, "rows": -1}]), "tables 1: rows|rows is out of range"),
    (changed(tables=[{**TABLE, "rows": 2**63}]), "out of range"), (changed(tables=[{**TABLE, "rows": 1.0}]), "rows"),
    (changed(tables=[TABLE, TABLE]), "twice"), (changed(tables=[{**TABLE, "x": 1}]), "'x'"), (changed(tables={}), "tables"),
    (changed(tables=[{**TABLE, "name": "a\0b"}]), "name"), (changed(tables=[{**TABLE, "name": "x" * 10001}]), "name"),
    (changed(owner="\ud800"), "owner"), (changed(dump={"bytes": 1, "sha256": "0" * 63}), "sha256"),
    (changed(dump={"bytes": 1, "sha256": "0" * 64, "x": 1}), "'x'"), (changed(extensions={"a": 1}), "extensions"),
    (changed(locale={}), "provider"), (b" " * (64 * 1024 * 1024 + 1), "more than"),
])
def test_what_is_damaged_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(BackupError, match=said):
        from_json(content)


@given(st.integers(0, len(to_json(MANIFEST)) - 1), st.integers(0, 255))
def test_a_changed_byte_is_refused_or_changes_the_manifest(at: int, byte: int) -> None:
    content = bytearray(to_json(MANIFEST))
    content[at] = byte
    try:
        from_json(bytes(content))
    except BackupError:
        pass  # and nothing else


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(
    st.text(), inner)), st.sampled_from(sorted(json.loads(to_json(MANIFEST)))))
def test_no_value_breaks_it(value: object, key: str) -> None:
    try:
        from_json(json.dumps({**json.loads(to_json(MANIFEST)), key: value}).encode())
    except BackupError:
        pass
