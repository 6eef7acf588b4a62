"""Every alert fires by its cause alone, and is quiet just before; a server on which all is well fires none."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.monitoring.alerts import rules
from unit.report.worlds import SERVER, matrix

from .cases import CASES, planted
from .series import EVAL, Series, named, steady, well

RULES = rules(matrix(), SERVER)
FIRING = 'count by (alertname) (ALERTS{alertstate="firing"})'


def promtool(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs it in a folder."""
    return subprocess.run(["promtool", *words], cwd=folder, capture_output=True, text=True, check=False)


def world(name: str, series: Series, expected: Mapping[str, int], minute: int = EVAL) -> dict[str, Any]:
    """A test of promtool: these alerts fire at that minute, and no other."""
    return {
        "name": name,
        "interval": "1m",
        "input_series": [{"series": one, "values": values} for one, values in series.items()],
        "promql_expr_test": [
            {
                "expr": FIRING,
                "eval_time": f"{minute}m",
                "exp_samples": [{"labels": f'{{alertname="{alert}"}}', "value": count} for alert, count in expected.items()],
            }
        ],
    }


def run(folder: Path, tests: list[dict[str, Any]]) -> str:
    """What promtool says; "" if all is as expected. JSON is YAML."""
    (folder / "rules.yml").write_text(json.dumps(RULES))
    (folder / "tests.yml").write_text(json.dumps({"rule_files": ["rules.yml"], "evaluation_interval": "2m", "tests": tests}))
    done = promtool(folder, "test", "rules", "tests.yml")
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_prometheus_takes_the_rules(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(json.dumps(RULES))
    done = promtool(tmp_path, "check", "rules", "--lint=all", "--lint-fatal", "rules.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_server_on_which_all_is_well_is_quiet(tmp_path: Path) -> None:
    assert run(tmp_path, [world("well", well(), {})]) == ""


def test_each_alert_fires_by_its_cause_alone(tmp_path: Path) -> None:
    tests = [
        world(f"{case.alert} {number}", planted(well(), case.fires), dict.fromkeys((case.alert, *case.too), 1), case.minute)
        for number, case in enumerate(CASES)
    ]
    assert run(tmp_path, tests) == ""


def test_each_is_quiet_just_before(tmp_path: Path) -> None:
    tests = [
        world(f"{case.alert} {number}", planted(well(), case.quiet), {}, case.minute) for number, case in enumerate(CASES)
    ]
    assert run(tmp_path, tests) == ""


def test_every_alert_has_a_case() -> None:
    there = {rule["alert"] for group in RULES["groups"] for rule in group["rules"]}
    assert {case.alert for case in CASES} == there


def test_every_series_of_a_rule_is_one_that_somebody_delivers() -> None:
    asked = {
        name
        for group in RULES["groups"]
        for rule in group["rules"]
        for name in re.findall(r"\b((?:pg|node|good_neighbor)_[a-z_]+)\{", rule["expr"])
    }
    assert asked <= {name.partition("{")[0] for name in well()}


def test_what_a_person_is_told(tmp_path: Path) -> None:
    test = world(
        "told",
        planted(well(), {named("good_neighbor_blocked_seconds", service="bob_gpt", database="voice_ninja"): steady(99)}),
        {"SessionBlocked": 1},
    )
    test["alert_rule_test"] = [
        {
            "alertname": "SessionBlocked",
            "eval_time": f"{EVAL}m",
            "exp_alerts": [
                {
                    "exp_labels": {"severity": "high", "server": SERVER, "service": "bob_gpt", "database": "voice_ninja"},
                    "exp_annotations": {
                        "meaning": "A session of Bob GPT has waited for a lock for more than 30 seconds.",
                        "action": "The playbook health says who blocks it; end that session with pg_terminate_backend if "
                        "it will not end itself.",
                        "read_on": "docs/alerts.md#sessionblocked",
                    },
                }
            ],
        }
    ]
    assert run(tmp_path, [test]) == ""
    test["alert_rule_test"][0]["exp_alerts"][0]["exp_annotations"]["meaning"] = "something else"
    assert "something else" in run(tmp_path, [test])


@pytest.mark.parametrize("backups", [True, False])
def test_backups_and_drills_are_asked_for_where_they_are_set_up(backups: bool) -> None:
    names = {
        rule["alert"]
        for group in rules(matrix(), SERVER, backups=backups, drills=backups)["groups"]
        for rule in group["rules"]
    }
    assert ({"BackupMissed", "DrillOverdue", "OffsiteMissed"} <= names) == backups
