"""Whatever was typed into a server: its draft is valid, whole, without secrets, and names nobody who must not own."""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import engine, result
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.plan import Options
from hypothesis import given, note
from live.adopt.drafts import NAME, connection, drafted
from live.engine.cases import assert_no_secrets
from live.engine.gold import Gold
from live.engine.mess import plant_mess
from live.engine.neighborhood import Neighborhood
from live.engine.plants import ANYTHING, Statement, examples, plant


def check(library: Neighborhood, tell: Callable[[str], None] = print) -> None:
    """The draft of a library, however broken."""
    draft = drafted(library.cluster)
    tell(draft.text)
    matrix = draft.matrix
    there = library.sql("SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'")
    assert {row.database for row in matrix.rows} == {name for (name,) in there}
    supers = {name for (name,) in library.sql("SELECT rolname FROM pg_roles WHERE rolsuper")}
    assert not {row.owner for row in matrix.rows} & supers
    assert_no_secrets(library, draft.result, {"text": draft.text})
    request = engine.Request(matrix, NAME, Options("enforce", ("safe",)))
    foretold = result.of(engine.foretell(connection(library.cluster), request))
    tell("\n".join(foretold["statements"]))
    safe = [row["message"] for row in foretold["violations"] if row["state"] == "open" and row["remedy_kind"] == "safe"]
    assert safe == []


def test_anything(library: Neighborhood, gold: Gold) -> None:
    @examples(12)
    @given(ANYTHING)
    def holds(statements: list[Statement]) -> None:
        library.cluster.reset(gold.folder, gold.manifest)
        plant(library, statements)
        check(library, note)

    holds()


def test_a_mess(library: Neighborhood) -> None:
    plant_mess(library)
    check(library)
