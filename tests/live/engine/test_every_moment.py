"""While a run goes on, nothing that works for a rightful login stops working: asked at each moment at which others see a
change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import engine, result, undo_script
from hypothesis import given, note
from live.engine.cases import told
from live.engine.gold import Gold
from live.engine.mess import plant_mess
from live.engine.neighborhood import Neighborhood
from live.engine.plants import ANYTHING, Statement, examples, plant
from live.engine.rightful import Task, watching, works

# the name of a server that somebody made by hand, and what they typed
ROADS: dict[str, list[dict[str, str]]] = yaml.safe_load(Path(__file__).with_name("roads.yml").read_text())


def watched(library: Neighborhood, undo_file: Path | None = None) -> tuple[dict[str, Any], list[set[Task]]]:
    """A run, and what worked before it, at each of its moments, and after it."""
    seen = [works(library)]
    server = library.server(cursor_factory=watching(lambda: seen.append(works(library))))
    done = result.of(engine.enforce(server, library.request(undo_file=str(undo_file) if undo_file else None)))
    return done, [*seen, works(library)]


def undone(library: Neighborhood, undo_file: Path) -> list[set[Task]]:
    """The run is taken back, and what worked before that, at each moment, and after it."""
    seen = [works(library)]
    server = library.server(cursor_factory=watching(lambda: seen.append(works(library))))
    assert undo_script.play(server, undo_script.sections(undo_file.read_text())) == []
    return [*seen, works(library)]


def assert_uninterrupted(seen: list[set[Task]]) -> None:
    """What worked before and works after worked all the time; and nothing that worked was lost."""
    first, last = seen[0], seen[-1]
    for number, moment in enumerate(seen):
        assert first & last <= moment, (number, sorted(first & last - moment))


@pytest.mark.parametrize("typed", ROADS.values(), ids=ROADS)
def test_from_a_server_made_by_hand(library: Neighborhood, typed: list[dict[str, str]], tmp_path: Path) -> None:
    right = works(library)
    for step in typed:
        library.sql(step["sql"], step["db"])
    assert right <= works(library), right - works(library)  # it works, in its way
    done, seen = watched(library, tmp_path / "undo.sql")
    assert done["compliant"], told(done)
    assert len(seen) > 3
    assert right <= seen[-1], right - seen[-1]
    assert_uninterrupted(seen)
    assert library.enforce()["statements"] == []
    back = undone(library, tmp_path / "undo.sql")
    assert right <= back[-1], right - back[-1]
    assert_uninterrupted(back)


def test_the_watcher_sees_a_moment(library: Neighborhood) -> None:
    """The other way round, as many do it, the same watcher finds the gap."""
    library.sql("GRANT CONNECT ON DATABASE loans TO PUBLIC; REVOKE CONNECT ON DATABASE loans FROM loans_reader")
    seen = [works(library)]
    with library.server(cursor_factory=watching(lambda: seen.append(works(library)))).cursor() as cursor:
        cursor.execute("REVOKE CONNECT ON DATABASE loans FROM PUBLIC")
        cursor.execute("GRANT CONNECT ON DATABASE loans TO loans_reader")
    with pytest.raises(AssertionError, match="loans_reader"):
        assert_uninterrupted(seen)


def test_from_a_mess(library: Neighborhood) -> None:
    plant_mess(library)
    _done, seen = watched(library)
    assert_uninterrupted(seen)


def test_from_anything(library: Neighborhood, gold: Gold) -> None:
    @examples(6)
    @given(ANYTHING)
    def holds(statements: list[Statement]) -> None:
        library.cluster.reset(gold.folder, gold.manifest)
        plant(library, statements)
        done, seen = watched(library)
        note("\n".join(map(str, done["statements"])))
        assert_uninterrupted(seen)

    holds()
