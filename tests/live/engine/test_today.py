"""What works by a way that is to end (tests/cases/today.yml) works in every mode, all the time, and after `undo`."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import engine, undo_script
from live.engine.cases import WORKS, Case, here, load, plant, prove, rules, told
from live.engine.facts import facts
from live.engine.neighborhood import Neighborhood
from live.engine.rightful import watching

CASES = here(load("today"))


def going_on(library: Neighborhood, case: Case) -> None:
    """What is to work in the end works now."""
    for probe in case.prove:
        if probe.then == WORKS:
            assert probe.ask(library, WORKS) == WORKS, (probe.by, probe.sql)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_additive(library: Neighborhood, case: Case) -> None:
    library.patch(case.matrix)
    with ExitStack() as stack:
        plant(library, case, stack)
        before = facts(library)
        foretold, done = library.foretell(mode="additive"), library.enforce(mode="additive")
        assert foretold["statements"] == done["statements"]
        assert before <= facts(library), before - facts(library)
        assert case.rule != "grant-missing" or case.rule in rules(done, "remedied"), told(done)
        prove(library, case, "now")
        assert library.enforce(mode="additive")["statements"] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_moment_and_undo(library: Neighborhood, case: Case, tmp_path: Path) -> None:
    library.patch(case.matrix)
    library.doors(opened=True)
    with ExitStack() as stack:
        plant(library, case, stack)
        library.doors(opened=True)
        path = tmp_path / "undo.sql"
        server = library.server(cursor_factory=watching(lambda: going_on(library, case)))
        engine.enforce(server, library.request(remedies=("safe",), undo_file=str(path)))
        going_on(library, case)
        assert undo_script.play(server, undo_script.sections(path.read_text())) == []
        prove(library, case, "now")
