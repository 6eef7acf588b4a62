"""Which schema files are to apply, by what a database has recorded."""

from __future__ import annotations

import hashlib

from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema.files import (
    Record,
    SchemaFile,
    pending,
)

A, B, C = (SchemaFile(f"{name}.sql", f"SELECT '{name}';") for name in "abc")


def record(file: SchemaFile, state: str = "applied", outcome: str | None = None) -> Record:
    return Record(file.path, file.checksum, state, outcome)


def test_a_file_is_its_text() -> None:
    assert A.checksum == hashlib.sha256(A.text.encode()).hexdigest()
    assert "SELECT" not in repr(A)


def test_nothing_recorded() -> None:
    assert pending([A, B], []) == pending([A, B], [record(C)])
    assert pending([A, B], []).to_apply == (A, B)


def test_in_their_order() -> None:
    found = pending([A, B, C], [record(A), record(B, "baseline")])
    assert (found.applied, found.to_apply, found.problems) == ((A, B), (C,), ())


def test_what_a_killed_run_left() -> None:
    found = pending([A, B, C], [record(A, "started", "committed"), record(B, "started", "aborted")])
    assert (found.applied, found.to_apply, found.problems, found.unsaid) == ((A,), (B, C), (), (A,))
    assert pending([A], [record(A, "started", "in progress")]).to_apply == (A,)
    assert "nobody can tell" in pending([A], [record(A, "started", None)]).problems[0]


def test_an_altered_file() -> None:
    found = pending([A, B], [Record("a.sql", "0" * 64, "applied")])
    assert found.to_apply == (B,)
    assert len(found.problems) == 1
    assert "a.sql was changed" in found.problems[0]
    assert "0" * 64 in found.problems[0]


def test_a_file_before_one_that_is_applied() -> None:
    found = pending([A, B, C], [record(A), record(C)])
    assert found.problems == (
        "b.sql stands before c.sql, which is applied already: new files go to the end of schema_files",)
