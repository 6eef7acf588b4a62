"""The library from nothing: what the engine returned while the gold copy was made, and what the services find."""

from __future__ import annotations

from live.engine.gold import Gold
from live.engine.neighborhood import Neighborhood


def open_rules(result: dict) -> set[str]:
    return {violation["rule"] for violation in result["violations"] if violation["state"] == "open"}


def test_made_from_nothing(gold: Gold) -> None:
    print(gold.story["made"]["statements"])
    assert open_rules(gold.story["silent"]) == set()
    assert gold.story["silent"]["statements"] == []


def test_clean(library: Neighborhood) -> None:
    library.work()
    assert library.check()["violations"] == []
    print(library.rows())
