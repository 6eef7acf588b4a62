"""Every mode, foretold and done: the same statements, the same end, the same rows; and what only looks writes nothing."""

from __future__ import annotations

import time
from typing import Any

import pytest
from live.proofs.house import House, checksums, run_module

MODES: dict[str, dict[str, Any]] = {
    "audit": {"mode": "audit"},
    "additive": {"mode": "additive"},
    "enforce what is safe": {"mode": "enforce", "remedies": ["safe"]},
    "enforce with interruptions": {"mode": "enforce", "remedies": ["safe", "disruptive"]},
    "enforce all": {"mode": "enforce", "remedies": ["safe", "disruptive", "removal"]},
}
NEXT_TRANSACTION = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text, pg_current_wal_insert_lsn()::text"


def verdicts(result: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Each violation and its state."""
    return sorted((row["rule"], row["object"] or "", row["role"] or "", row["database"] or "", row["state"])
                  for row in result["violations"])


@pytest.mark.parametrize("options", MODES.values(), ids=MODES)
def test_check_mode_tells_the_run_one_for_one(house: House, options: dict[str, Any]) -> None:
    before = checksums(house)
    assert len(before) == 9
    foretold = run_module(house.arguments(_ansible_check_mode=True, **options))
    made = run_module(house.arguments(**options))
    assert foretold["statements"] == made["statements"]
    assert (foretold["changed"], foretold["compliant"]) == (made["changed"], made["compliant"])
    assert verdicts(foretold) == verdicts(made)
    assert made["changed"] is (options["mode"] != "audit")
    assert made["compliant"] is ("disruptive" in options.get("remedies", []))
    assert checksums(house) == before
    again = run_module(house.arguments(**options))
    assert (again["changed"], again["statements"]) == (False, [])


@pytest.mark.parametrize("options", [{"mode": "audit"}, {"mode": "audit", "_ansible_check_mode": True},
                                     {"_ansible_check_mode": True}], ids=["audit", "audit in check mode", "check mode"])
def test_looking_at_what_is_wrong_writes_nothing(house: House, options: dict[str, Any]) -> None:
    house.quiet()
    arguments = house.arguments(**options)
    run_module(arguments)  # the first one to read a row notes on it that it is committed
    before = house.rows(NEXT_TRANSACTION)
    found = run_module(arguments)
    assert house.rows(NEXT_TRANSACTION) == before
    assert len(found["violations"]) > 10


def test_a_run_that_finds_all_right_writes_nothing(tidy: House) -> None:
    tidy.quiet()
    arguments = tidy.arguments()
    run_module(arguments)
    before = tidy.rows(NEXT_TRANSACTION)
    found = run_module(arguments)
    assert (found["changed"], found["compliant"]) == (False, True)
    assert tidy.rows(NEXT_TRANSACTION) == before


def test_the_measure_notices_a_write(house: House) -> None:
    house.quiet()
    before = house.rows(NEXT_TRANSACTION)
    time.sleep(20)  # longer than the server's own pauses
    assert house.rows(NEXT_TRANSACTION) == before
    house.rows("COMMENT ON DATABASE voice_ninja IS 'written'")
    (transaction, position), = house.rows(NEXT_TRANSACTION)
    assert transaction != before[0][0] and position != before[0][1]
