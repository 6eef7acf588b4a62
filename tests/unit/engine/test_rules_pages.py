"""docs/rules says what the rules say, and every rule says all of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.rules.base import KINDS, MANUAL, SEVERITIES, Rule
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.rules.registry import FAMILIES, RULES

ROOT = Path(__file__).resolve().parents[3]


def test_no_page_is_stale() -> None:
    command = [sys.executable, str(ROOT / "tools" / "rules-pages"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_a_rule_says_all(rule: Rule) -> None:
    assert rule.severity in SEVERITIES
    assert rule.kind in (*KINDS, MANUAL)
    for text in (rule.what, rule.why, rule.remedy, rule.found):
        assert text.endswith("."), text
        assert "|" not in text, text
    # no remedy is promised where a human decides, and none is kept back where there is one
    assert rule.remedy.startswith("None") == (rule.kind == MANUAL), rule.remedy


def test_ids_belong_to_their_family() -> None:
    for family in FAMILIES:
        for rule in family.RULES:
            own = family.__name__.rpartition(".")[2]
            assert rule.id.startswith(f"{own}-") or own == "grant" and rule.id.startswith("database-"), rule.id
