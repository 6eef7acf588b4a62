"""Somebody changes things by hand. The audit tells each, `site` heals them all, the next run changes nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hosts.doors import knock
from hosts.matrix import logins, major, sql
from hosts.playbooks import Run, play

testinfra_hosts = ["ansible://good_neighbor"]


CHANGES: list[dict[str, str]] = yaml.safe_load(Path(__file__).with_name("changes.yml").read_text())
REPORT = Path(os.environ["GN_HOSTS_RUN"]) / "audit.json"
RUNS: dict[str, Run] = {}


def typed(host: Any, change: dict[str, str], text: str) -> str:
    """What comes of typing a text, into psql or a shell."""
    if "sql" in change:
        return sql(host, change[text], change["database"])
    return str(host.run(change[text].replace("{major}", str(major(host)))).stdout.strip())


def told(host: Any) -> set[str]:
    """The rules that the audit calls broken on this host."""
    found = json.loads(REPORT.read_text())[host.backend.host]["violations"]
    return {violation["rule"] for violation in found if violation["state"] == "open"}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change["name"])
def test_somebody_changes(host: Any, change: dict[str, str]) -> None:
    assert typed(host, change, "ask") == change["right"]
    typed(host, change, "sql" if "sql" in change else "shell")
    assert typed(host, change, "ask") != change["right"]


def test_the_audit_runs() -> None:
    RUNS["audit"] = play("audit", "-e", f"good_neighbor_audit_json={REPORT}")
    assert RUNS["audit"].status != 0, RUNS["audit"].text
    assert "NOT COMPLIANT" in RUNS["audit"].text
    assert set(RUNS["audit"].changed.values()) == {0}


@pytest.mark.parametrize("rule", sorted({change["rule"] for change in CHANGES if "rule" in change}))
def test_the_audit_tells(host: Any, rule: str) -> None:
    assert rule in told(host)
    assert rule in RUNS["audit"].text


def test_check_mode_tells_the_rest_and_changes_nothing(host: Any) -> None:
    if "check" not in RUNS:
        RUNS["check"] = play("site", "--check", "--diff")
    for words in ("log_min_duration_statement", "/etc/nexus/database.env", "/etc/bob-gpt/database.py", "good_neighbor.conf"):
        assert words in RUNS["check"].text
    assert "not-a-secret" not in RUNS["check"].text
    assert "typed-in-by-hand" not in RUNS["check"].text
    assert sql(host, "SELECT rolconnlimit FROM pg_roles WHERE rolname = 'nexus_user'") == "-1"


def test_site_heals() -> None:
    RUNS["site"] = play("site")
    assert RUNS["site"].status == 0, RUNS["site"].text


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change["name"])
def test_it_is_healed(host: Any, change: dict[str, str]) -> None:
    assert typed(host, change, "ask") == change["right"]


def test_every_service_gets_in_again(host: Any) -> None:
    attempts = [
        {"host": "localhost", "dbname": login.database, "user": login.role, "password": login.password} for login in logins()
    ]
    assert [found.get("role", found) for found in knock(host, attempts)] == [login.role for login in logins()]


def test_nothing_is_left_to_do() -> None:
    again = play("site", "--diff")
    assert again.status == 0 and set(again.changed.values()) == {0}, again.text
    audit = play("audit")
    assert audit.status == 0 and "NOT COMPLIANT" not in audit.text, audit.text
