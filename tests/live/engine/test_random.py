"""The plan's properties on a real server, with anything planted: a model shares its author's blind spots."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hypothesis import given, note
from live.engine.cases import assert_no_secrets, states, told
from live.engine.facts import facts
from live.engine.gold import Gold
from live.engine.neighborhood import BOTH, Neighborhood
from live.engine.plants import ANYTHING, Statement, examples, plant
from live.engine.state import assert_nothing_lost, state_of
from live.engine.test_promises import undo

KEPT = {"role-unallocated", "database-unallocated"}  # fenced, and reported for good
Check = Callable[[], None]


def always(library: Neighborhood, gold: Gold, number: int, check: Check) -> None:
    """`check` holds for so many libraries, each broken in its own way."""
    @examples(number)
    @given(ANYTHING)
    def holds(statements: list[Statement]) -> None:
        library.cluster.reset(gold.folder, gold.manifest)
        plant(library, statements)
        check()

    holds()


def test_enforce(library: Neighborhood, gold: Gold) -> None:
    def check() -> None:
        before = state_of(library)
        foretold, ended = library.foretell(), library.enforce()
        note(told(ended))
        note("\n".join(ended["statements"]))
        assert foretold["statements"] == ended["statements"]
        assert told(foretold) == told(ended)
        assert foretold["compliant"] == ended["compliant"]
        assert [v["message"] for v in states(ended) if v["remedy_kind"] in BOTH and v["rule"] not in KEPT] == []
        again = library.enforce()
        assert again["statements"] == []
        assert {v["message"] for v in states(again)} == {v["message"] for v in states(ended)}
        assert_nothing_lost(library, before)
        assert_no_secrets(library, ended)
        library.work()

    always(library, gold, 14, check)


def test_additive(library: Neighborhood, gold: Gold) -> None:
    def check() -> None:
        before = facts(library)
        note("\n".join(library.enforce(mode="additive")["statements"]))
        lost = before - facts(library)
        assert lost == set()
        assert library.enforce(mode="additive")["statements"] == []

    always(library, gold, 6, check)


def test_undo(library: Neighborhood, gold: Gold, tmp_path: Path) -> None:
    path = tmp_path / "undo.sql"

    def check() -> None:
        before = facts(library)
        note("\n".join(library.enforce(undo_file=str(path))["statements"]))
        if path.exists():
            note(path.read_text())
            undo(library, path)
            path.unlink()
        after = facts(library)
        assert before - after == set()
        assert {fact for fact in after - before if fact[0].split()[0] not in ("extension", "thing")} == set()

    always(library, gold, 8, check)
