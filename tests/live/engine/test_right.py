"""States that look wrong and are right (tests/cases/right.yml): nothing is reported, nothing is done."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from live.engine.cases import Case, assert_no_secrets, here, load, plant, told
from live.engine.neighborhood import Neighborhood
from live.engine.state import assert_nothing_lost, state_of


@pytest.mark.parametrize("case", here(load("right")), ids=lambda case: case.id)
def test_right(library: Neighborhood, case: Case) -> None:
    library.patch(case.matrix)
    library.doors(opened=False)
    with ExitStack() as stack:
        plant(library, case, stack)
        before = state_of(library)
        found, ended = library.check(), library.enforce(remedies=("safe", "disruptive", "removal"))
        assert (found["violations"], found["compliant"]) == ([], True), told(found)
        assert (ended["changed"], ended["statements"], ended["violations"]) == (False, [], []), ended["statements"]
        assert_nothing_lost(library, before)
        assert_no_secrets(library, found, ended)
        if case.work:
            library.work()
