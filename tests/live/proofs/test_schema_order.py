"""Schema files run in the order of their row, whatever their names, and none before one that has not run."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from live.proofs.house import House, result_of, run_module, start_module

DATABASES = ("bbworlds_nexus", "bbworlds_world")
FIRST = {"bbworlds_nexus": "users", "bbworlds_world": "assets"}
# each needs the one before it; by name they would run the other way round, and before the row's first
FILES = {
    "z_first.sql": "CREATE TABLE steps (step int PRIMARY KEY);\nINSERT INTO steps SELECT count(*) FROM steps;\n",
    "m_second.sql": "ALTER TABLE steps ADD note text;\n",
    "a_third.sql": "INSERT INTO steps (step, note) VALUES (2, 'third');\n",
}


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """The files, in the row's order."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return [str(tmp_path / name) for name in FILES]


def recorded(house: House, database: str) -> list[str]:
    """What was applied, in the order in which it was."""
    query = "SELECT path FROM good_neighbor.schema_file WHERE state = 'applied' ORDER BY applied_at"
    return [path for (path,) in house.rows(query, database)]


def of_row(database: str, files: list[str]) -> list[str]:
    """All files of a database's row."""
    return [f"schemas/{database}/001_initial.sql", *files]


def test_all_at_once_in_the_rows_order(house: House, files: list[str]) -> None:
    foretold = run_module(house.arguments(*files, _ansible_check_mode=True))
    made = run_module(house.arguments(*files))
    assert foretold["statements"] == made["statements"]
    assert made["compliant"], made["violations"]
    for database in DATABASES:
        assert recorded(house, database) == of_row(database, files)
        assert house.rows("SELECT step, note FROM steps ORDER BY 1", database) == [(0, None), (2, "third")]


def test_none_runs_before_one_that_waits_for_a_lock(tidy: House, files: list[str], tmp_path: Path) -> None:
    waiting = tmp_path / "y_waiting.sql"
    waiting.write_text(
        "DO $$ BEGIN EXECUTE format('ALTER TABLE %I ADD waited int', CASE current_database() "
        + "".join(f"WHEN '{database}' THEN '{table}' " for database, table in FIRST.items()) + "END); END $$;\n")
    arguments = tidy.arguments(str(waiting), *files)
    with closing(tidy.admin("bbworlds_nexus")) as session, session.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT count(*) FROM users")  # as long as this reader reads, nobody alters the table
        found = run_module(arguments)
    states = {row["object"]: row["state"] for row in found["violations"]
              if (row["rule"], row["database"]) == ("schema-file-pending", "bbworlds_nexus")}
    assert states[str(waiting)] == "deferred"
    assert set(states.values()) <= {"deferred", "open"} and len(states) == 4
    assert recorded(tidy, "bbworlds_nexus") == of_row("bbworlds_nexus", [])
    assert recorded(tidy, "bbworlds_world") == of_row("bbworlds_world", [str(waiting), *files])
    assert run_module(arguments)["compliant"]
    assert recorded(tidy, "bbworlds_nexus") == of_row("bbworlds_nexus", [str(waiting), *files])


def test_none_runs_before_one_that_is_excepted(tidy: House, files: list[str]) -> None:
    """An exception says that a file's absence is accepted, not that what builds on it may run."""
    arguments = tidy.arguments(*files)
    arguments["servers"]["voice-ninja.com"]["exceptions"] = [
        {"rule": "schema-file-pending", "object": files[0], "reason": "of the tests", "expires": "9999-12-31"}]
    run_module(arguments)
    for database in DATABASES:
        assert recorded(tidy, database) == of_row(database, [])


def test_what_fails_stops_what_follows_and_leaves_nothing(tidy: House, files: list[str], tmp_path: Path) -> None:
    broken = tmp_path / "n_broken.sql"
    broken.write_text("CREATE TABLE half ();\nSELECT 1 / 0;\n")
    process = start_module(tidy.arguments(files[0], str(broken), *files[1:]))
    with pytest.raises(AssertionError, match=r"n_broken\.sql"):
        result_of(process)
    assert recorded(tidy, "bbworlds_nexus") == of_row("bbworlds_nexus", files[:1])
    assert tidy.rows("SELECT to_regclass('half')", "bbworlds_nexus") == [(None,)]
