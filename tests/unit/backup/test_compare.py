"""What differs between a manifest and what was restored."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup import compare
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.manifest import (
    Content, Locale, Manifest, SchemaFile, Table)
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.snapshot import Facts

LOCALE = Locale("c", "C.UTF-8", "C.UTF-8", "", "")
TIME = datetime(2026, 11, 28, tzinfo=timezone.utc)
FACTS = Facts("1", 170002, "UTF8", LOCALE, (("plpgsql", "1.0"), ("vector", "0.8.0")), (SchemaFile("a.sql", "1"),),
              (Table("good_neighbor", "schema_file", 1), Table("public", "goods", 5)), 1)
CONTENT = Content(3, "0" * 64)
MANIFEST = Manifest("s", "1", "shop", "shop", "owner", "critical", TIME, TIME, 170002, "UTF8", LOCALE, FACTS.extensions,
                    FACTS.schema_files, FACTS.tables, 1, CONTENT, CONTENT)


def test_equal() -> None:
    assert compare.differences(MANIFEST, FACTS) == [] and compare.of_the_dump(MANIFEST, CONTENT) == []
    elsewhere = replace(FACTS, system_identifier="2", tables=(Table("good_neighbor", "schema_file", 3), FACTS.tables[1]))
    assert compare.differences(MANIFEST, elsewhere) == []  # another server, and our own records


def test_each_difference_is_told() -> None:
    assert compare.differences(MANIFEST, replace(FACTS, tables=(Table("public", "goods", 4),))) == [
        "public.goods has 4 rows, and had 5 rows"]
    assert compare.differences(MANIFEST, replace(FACTS, tables=())) == ["public.goods has no such table, and had 5 rows"]
    assert compare.differences(MANIFEST, replace(FACTS, extensions=(("plpgsql", "1.0"), ("dblink", "1")))) == [
        "extension vector is missing", "extension dblink was not there"]
    assert compare.differences(MANIFEST, replace(FACTS, schema_files=(SchemaFile("a.sql", "2"),))) == [
        "the record of schema file a.sql is another"]
    assert compare.differences(MANIFEST, replace(FACTS, large_objects=0)) == ["there are 0 large objects, and there were 1"]
    assert compare.of_the_dump(MANIFEST, Content(2, "0" * 64)) and compare.of_the_dump(MANIFEST, Content(3, "1" * 64))


def test_many_differences_are_counted() -> None:
    tables = tuple(Table("public", f"t{number}", 1) for number in range(9))
    told = compare.differences(MANIFEST, replace(FACTS, tables=(*FACTS.tables, *tables)))
    assert len(told) == 6 and told[-1] == "4 more tables differ"


def test_another_version_of_an_extension_is_a_note() -> None:
    newer = replace(FACTS, extensions=(("plpgsql", "1.0"), ("vector", "0.9")))
    assert compare.differences(MANIFEST, newer) == []
    assert compare.versions(MANIFEST, newer) == ["extension vector was 0.8.0, and is 0.9 here"]
