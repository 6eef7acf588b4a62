"""A real Prometheus with the role's configuration: it asks every target, and no rule fails or fires without a cause."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.monitoring import scrape

from .world import MATRIX, NAME, Exporters, dashboard_queries, free_port, get, programs, running, targets

STARTED = "ServerRestarted"  # the test has started the server a moment ago
KNOWN = ("pg_up", "pg_stat_archiver_failed_count", "node_filesystem_avail_bytes", "node_textfile_scrape_error",
         "good_neighbor_watch_timestamp_seconds", "good_neighbor_drill_success", "good_neighbor_table_size_bytes")
# no slot, nothing vacuumed, nothing read and no statement of a service in the last moment, no violation that stands
NONE_HERE = ("slot_bytes", "last_vacuum", "statements_seconds", "blks_read", "violations")
OF_THE_MACHINE = {"DiskNearlyFull", "DiskFillsUp", "DiskReadOnly"}  # the disk is whoever's who runs the test


def configured(folder: Path, exporters: Exporters) -> Path:
    """The role's files, but that everything happens every second."""
    found = scrape.targets({"db1": {**targets(exporters), "good_neighbor_server": NAME}}, ["db1"], ["db1"], MATRIX)
    rules = scrape.rules(found, MATRIX, drills=True)
    for group in rules["groups"]:
        group["interval"] = "1s"
    (folder / "rules.yml").write_text(yaml.safe_dump(rules))
    config = scrape.configuration(found, str(folder / "rules.yml"), f"127.0.0.1:{free_port()}")
    config["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    return folder / "prometheus.yml"


def asked(port: int, path: str) -> Any:
    """What the interface of Prometheus says."""
    return json.loads(get(port, f"/api/v1/{path}"))["data"]


def settled(port: int) -> list[dict[str, Any]]:
    """All rules, once every target has answered and every rule was tried three times since."""
    end = time.monotonic() + 60
    while True:
        up = {one["labels"]["job"]: one for one in asked(port, "targets")["activeTargets"]}
        if {job: one["health"] for job, one in up.items()} == {"postgres": "up", "node": "up"}:
            break
        assert time.monotonic() < end, {job: one["lastError"] for job, one in up.items()}
        time.sleep(0.2)
    time.sleep(4)
    return [rule for group in asked(port, "rules")["groups"] for rule in group["rules"]]


def test_every_rule_runs_and_none_fires_without_a_cause(told: tuple[str, Exporters], tmp_path: Path) -> None:
    suite, exporters = told
    port = free_port()
    words = [f"--config.file={configured(tmp_path, exporters)}", f"--storage.tsdb.path={tmp_path / 'data'}",
             f"--web.listen-address=127.0.0.1:{port}"]
    with running(tmp_path / "log", programs(suite) / "prometheus", *words):
        rules = settled(port)
        empty = {query for query in dashboard_queries() if not asked(port, f"query?{urlencode({'query': query})}")["result"]}
        absent = {metric for metric in KNOWN if not asked(port, f'query?query={metric}{{server="{NAME}"}}')["result"]}
    assert absent == set()
    assert {query for query in empty if not any(word in query for word in NONE_HERE)} == set()
    assert {rule["name"]: rule.get("lastError") for rule in rules if rule["health"] != "ok"} == {}
    assert {rule["name"] for rule in rules if rule["state"] != "inactive"} - OF_THE_MACHINE == {STARTED}
    assert len({rule["name"] for rule in rules}) >= 31
