"""Undo: after it the server is what it was, whatever safe remedy ran; it queues nobody up, and what is gone is told."""

from __future__ import annotations

import re
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import undo_script
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.apply import Runner
from live.engine.cases import Case, here, load, plant
from live.engine.catalogs import Fact, columns, rights
from live.engine.mess import plant_mess
from live.engine.neighborhood import Neighborhood
from live.engine.test_locks import MOMENT, readers
from live.postgres import major

CREATES = re.compile(r"CREATE |apply schema file|record as applied")


def played(library: Neighborhood, path: Path) -> list[undo_script.Left]:
    """What the module undo does with the file; what it could not take back."""
    return undo_script.play(library.server(), undo_script.sections(path.read_text()))


def test_every_column_is_compared(library: Neighborhood) -> None:
    found = {one[:2] for one in columns(library)}
    assert {("pg_class", "relacl"), ("pg_class", "relowner"), ("pg_database", "datdba"), ("pg_attribute", "attacl"),
            ("pg_default_acl", "defaclacl"), ("pg_statistic_ext", "stxowner"), ("pg_auth_members", "grantor")} <= found
    assert len(found) > 30


def _of_somebody(library: Neighborhood, facts: set[Fact]) -> set[Fact]:
    """Without who granted a membership where he is gone, or the superuser: before PostgreSQL 16 he is only noted, and nobody
    can grant as one who is gone."""
    if major() >= 16:
        return facts
    here = {str(oid) for (oid,) in library.sql("SELECT oid FROM pg_roles WHERE rolname <> 'postgres'")}
    return {fact for fact in facts if fact[1:4:2] != ("pg_auth_members", "grantor") or fact[4] in here}


SAFE = [case for case in load() if case.kind == "safe" and "safe" in case.remedies]


@pytest.mark.parametrize("case", here(SAFE), ids=lambda case: case.id)
def test_each_safe_remedy_is_taken_back(library: Neighborhood, case: Case, tmp_path: Path) -> None:
    path = tmp_path / "undo.sql"
    library.patch(case.matrix)
    library.doors(opened=False)
    with ExitStack() as stack:
        plant(library, case, stack)
        before = rights(library)
        done = library.enforce(remedies=("safe",), undo_file=str(path))
        assert done["changed"], case
        if path.exists():
            assert played(library, path) == []
        before, after = (_of_somebody(library, facts) for facts in (before, rights(library)))
        assert before - after == set()
        if not any(CREATES.match(statement) for statement in done["statements"]):
            assert after - before == set()


def test_the_file_is_there_before_the_first_change(
    library: Neighborhood, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant_mess(library)
    before, path = rights(library), tmp_path / "undo.sql"
    run, seen = Runner.run, list[object]()

    def first_look(self: Runner, *given: Any) -> None:
        seen.append((path.stat().st_mode & 0o777, rights(library) == before, "\\connect" in path.read_text()))
        run(self, *given)

    monkeypatch.setattr(Runner, "run", first_look)
    library.enforce(undo_file=str(path))
    assert seen[0] == (0o600, True, True)


def test_a_table_that_was_dropped_since_holds_up_nothing(library: Neighborhood, tmp_path: Path) -> None:
    path = tmp_path / "undo.sql"
    library.sql("CREATE TABLE scrap (); GRANT SELECT ON scrap TO watcher; GRANT UPDATE ON loan TO watcher", "loans")
    library.sql("ALTER TABLE loan OWNER TO postgres", "loans")
    before = rights(library)
    library.enforce(undo_file=str(path))
    library.sql("DROP TABLE scrap", "loans")
    left = played(library, path)
    assert left and all(one.gone and one.database == "loans" and "scrap" in one.why for one in left), left
    lost = {fact for fact in before - rights(library) if "scrap" not in fact[2]}
    assert lost == set()
    for word in library.secrets.values():
        assert word not in str(left)


def test_what_is_in_use_is_taken_back_later(library: Neighborhood, tmp_path: Path) -> None:
    path = tmp_path / "undo.sql"
    library.sql("ALTER TABLE loan OWNER TO postgres; ALTER TABLE return_slip OWNER TO postgres", "loans")
    before = rights(library)
    library.enforce(undo_file=str(path))
    library.sql("ALTER ROLE loans_reader CONNECTION LIMIT 5")
    with closing(library.login("loans_reader", "loans")) as session, readers(library) as waiting:
        session.cursor().execute("SELECT count(*) FROM loan")
        left = played(library, path)
    assert [(one.gone, "could not obtain lock" in one.why) for one in left] == [(False, True)], left
    assert waiting.longest < MOMENT
    assert waiting.failures == []
    assert played(library, path) == []
    library.sql("ALTER ROLE loans_reader CONNECTION LIMIT 2")
    assert rights(library) == before


def test_it_can_be_played_twice(library: Neighborhood, tmp_path: Path) -> None:
    plant_mess(library)
    before, path = rights(library), tmp_path / "undo.sql"
    library.enforce(undo_file=str(path))
    assert (played(library, path), played(library, path)) == ([], [])
    assert rights(library) == before
