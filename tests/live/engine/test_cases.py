"""Each case of tests/cases: planted, proved with real logins, reported, foretold, ended, proved again, silent."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.rules.registry import RULES
from live.engine.cases import (
    ENDED, Case, assert_no_secrets, here, load, plant, prove, rules, states, told)
from live.engine.neighborhood import Neighborhood
from live.engine.state import assert_nothing_lost, state_of
from live.postgres import ROOT

CASES = load()
# rules that no statement can plant, and the test that breaks each
ELSEWHERE = {
    "world-unreadable": ("live/engine/test_promises.py", "test_who_may_not_look"),
    "world-unexplained": ("unit/engine/test_plan.py", "test_what_no_rule_explains_is_still_a_violation"),
}


def test_every_rule_has_a_case() -> None:
    played = {case.rule for case in CASES}
    assert RULES.keys() == played | ELSEWHERE.keys()
    assert not played & ELSEWHERE.keys()
    for path, test in ELSEWHERE.values():
        assert f"def {test}(" in (ROOT / "tests" / path).read_text()


def test_names_are_unique() -> None:
    names = [case.id for case in CASES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("case", here(CASES), ids=lambda case: case.id)
def test_case(library: Neighborhood, case: Case) -> None:
    library.patch(case.matrix)
    library.doors(opened=False)
    with ExitStack() as stack:
        plant(library, case, stack)
        prove(library, case, "now")
        before = state_of(library)
        found = library.check()
        _reported(found, case)
        foretold = library.foretell(remedies=case.remedies)
        ended = library.enforce(remedies=case.remedies)
        _as_foretold(foretold, ended, case)
        prove(library, case, "then")
        assert rules(ended) == case.left, told(ended)
        if case.end == ENDED:
            assert case.rule in rules(ended, "remedied") and ended["compliant"], told(ended)
        assert_nothing_lost(library, before, case.lost)
        if case.work:
            library.work()
        again = library.enforce(remedies=case.remedies)
        assert (again["changed"], again["statements"]) == (False, []), again["statements"]
        assert rules(again) == case.left, told(again)
        assert_no_secrets(library, found, foretold, ended, again)


def _reported(result: dict[str, Any], case: Case) -> None:
    assert rules(result) == {case.rule, *case.also}, told(result)
    mine = [violation for violation in states(result) if violation["rule"] == case.rule]
    fitting = [violation for violation in mine if case.at.items() <= violation.items()]
    assert fitting, told(result)
    assert {violation["remedy_kind"] for violation in fitting} == {case.kind}, told(result)
    if case.severity:
        assert {violation["severity"] for violation in fitting} == {case.severity}, told(result)
    assert result["compliant"] == all(violation["severity"] == "low" for violation in states(result)), told(result)
    for violation in fitting:
        assert violation["message"].endswith("."), violation
        assert bool(violation["remedy"]) == (violation["remedy_kind"] != "manual"), violation


def _as_foretold(foretold: dict[str, Any], ended: dict[str, Any], case: Case) -> None:
    assert foretold["statements"] == ended["statements"]
    assert foretold["diff"] == ended["diff"]
    assert foretold["changed"] == ended["changed"]
    if case.foreseen:
        assert foretold["compliant"] == ended["compliant"]
        assert told(foretold) == told(ended)
