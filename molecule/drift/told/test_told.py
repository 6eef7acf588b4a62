"""The audit tells what was changed, check mode the rest; neither changes anything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hosts.changes import CHANGES, Change, is_right, name
from hosts.playbooks import Run, play

testinfra_hosts = ["ansible://good_neighbor"]

WORDS = ("log_min_duration_statement", "/etc/nexus/database.env", "/etc/bob-gpt/database.py", "good_neighbor.conf")


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the audit leaves its results."""
    return tmp_path_factory.mktemp("audit") / "audit.json"


@pytest.fixture(scope="session")
def audit(report: Path) -> Run:
    """The audit."""
    return play("audit", "-e", f"good_neighbor_audit_json={report}")


@pytest.fixture(scope="session")
def check() -> Run:
    """`site` in check mode."""
    return play("site", "--check", "--diff")


def test_the_audit_says_no(audit: Run) -> None:
    assert audit.status != 0 and "NOT COMPLIANT" in audit.text, audit.text
    assert audit.text.count("changed: [") == 1  # the file of its results, on the controller


@pytest.mark.parametrize("rule", sorted({change["rule"] for change in CHANGES if "rule" in change}))
def test_the_audit_tells(host: Any, audit: Run, report: Path, rule: str) -> None:
    found = json.loads(report.read_text())[host.backend.host]["violations"]
    assert rule in {violation["rule"] for violation in found if violation["state"] == "open"}
    assert rule in audit.text


@pytest.mark.parametrize("words", WORDS)
def test_check_mode_tells(check: Run, words: str) -> None:
    assert words in check.text


@pytest.mark.parametrize("change", CHANGES, ids=name)
def test_nothing_was_changed(host: Any, check: Run, change: Change) -> None:
    assert check.changed
    assert not is_right(host, change)


def test_no_secret_is_shown(audit: Run, check: Run) -> None:
    for secret in ("not-a-secret", "typed-in-by-hand", "SCRAM-SHA-256$"):
        assert secret not in audit.text + check.text
