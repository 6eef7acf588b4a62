"""`site --check`, then `site`, in every mode: the same statements, one for one, and not a row lost."""

from __future__ import annotations

import json
from typing import Any

import pytest
from live.proofs import plays
from live.proofs.house import House, checksums
from live.proofs.test_modes import MODES, NEXT_TRANSACTION, verdicts


def variables(options: dict[str, Any]) -> tuple[str, str]:
    """A mode as the playbook takes it."""
    return "-e", json.dumps({f"good_neighbor_{name}": value for name, value in options.items()})


@pytest.mark.parametrize("options", MODES.values(), ids=MODES)
def test_check_mode_lists_what_site_does(house: House, options: dict[str, Any]) -> None:
    before = checksums(house)
    house.quiet()
    plays.site(house, "--check", *variables(options))  # the first to read a row notes on it that it is committed
    untouched = house.rows(NEXT_TRANSACTION)
    foretold = plays.site(house, "--check", *variables(options))
    assert house.rows(NEXT_TRANSACTION) == untouched
    report = house.folder / "audit.json"
    made = plays.site(house, *variables(options), "-e", f"good_neighbor_audit_json={report}")
    print(f"{options}: {len(made.allocation['statements'])} statements, exit status {made.status}")
    assert foretold.allocation["statements"] == made.allocation["statements"]
    assert verdicts(foretold.allocation) == verdicts(made.allocation)
    assert foretold.allocation["compliant"] == made.allocation["compliant"]
    assert (foretold.status == 0, made.status == 0) == (made.allocation["compliant"],) * 2
    (kept,) = json.loads(report.read_text()).values()
    assert kept["statements"] == made.allocation["statements"]
    for statement in foretold.allocation["statements"]:
        assert statement.splitlines()[0] in foretold.output  # and a person sees it
    assert checksums(house) == before
