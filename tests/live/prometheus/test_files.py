"""What the role writes is what Prometheus and Alertmanager of both Debian releases take."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.monitoring import notices, scrape

from .world import MATRIX, NAME, SUITES, programs

RECEIVERS: list[dict[str, Any]] = [
    {"name": "team", "email_configs": [{"to": "team@example.org", "from": "alerts@example.org", "auth_username": "alerts",
                                        "auth_password": "fake-secret", "smarthost": "mail.example.org:587"}]},
    {"name": "pager", "webhook_configs": [{"url": "http://pager.example.org/hook", "send_resolved": True}]},
]
ROUTES = [{"matchers": ['severity="critical"'], "receiver": "pager", "continue": True}]
TARGETS = [scrape.Target("db1", NAME, "10.0.0.1", backups=True), scrape.Target("drill1", None, "fd00::1")]


def checked(suite: str, program: str, words: str, path: Path, content: object) -> str:
    """What a program says of a file; "" where it is right."""
    path.write_text(yaml.safe_dump(content))
    done = subprocess.run([programs(suite) / program, *words.split(), path], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize("suite", SUITES)
def test_prometheus_takes_its_files(suite: str, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yml"
    config = scrape.configuration(TARGETS, str(rules), "127.0.0.1:9093")
    made = scrape.rules(TARGETS, MATRIX, drills=True)
    assert checked(suite, "promtool", "check rules --lint=all --lint-fatal", rules, made) == ""
    assert checked(suite, "promtool", "check config", tmp_path / "prometheus.yml", config) == ""
    config["scrape_configs"][0]["honour_labels"] = True
    assert "honour_labels" in checked(suite, "promtool", "check config", tmp_path / "prometheus.yml", config)


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize(("receivers", "routes"), [([], []), (RECEIVERS, ROUTES)])
def test_alertmanager_takes_its_file(
    suite: str, receivers: list[dict[str, Any]], routes: list[dict[str, Any]], tmp_path: Path
) -> None:
    config = notices.configuration(receivers, routes)
    assert checked(suite, "amtool", "check-config", tmp_path / "alertmanager.yml", config) == ""
    config["route"]["receiver"] = "lost"
    assert "lost" in checked(suite, "amtool", "check-config", tmp_path / "alertmanager.yml", config)
