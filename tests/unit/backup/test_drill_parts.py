"""What a drill host is told by the matrix, what it remembers, and what its metrics say."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup import drill_config, drill_plan, drill_record
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.drill_config import Config, Subject
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.drill_plan import Wishes
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.drill_record import Record
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.errors import BackupError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import GoodNeighborError

NOW = datetime(2026, 11, 28, 5, 0, tzinfo=timezone.utc)
NEVER = datetime(1970, 1, 1, tzinfo=timezone.utc)
SHOP = Subject("alpha", "shop", "shop", "important", "host_db:")
BANK = Subject("alpha", "bank", 'a "bank"', "critical", "offsite:/data", ("vector",))
CONFIG = Config("/var/lib/x", "/usr/lib/postgresql/*/bin", 24, 7, (SHOP, BANK))


def row(service: str, backup: str, **more: Any) -> dict[str, Any]:
    """A row of the matrix."""
    return {"service": service, "server": "alpha", "database": service, "owner": f"{service}_owner", "purpose": "tests",
            "status": "active", "connection_limit": 5, "backup": backup, **more}


SERVER = {"mode": "enforce", "max_connections": 100, "maintenance_connections": 20}
SERVERS = {"alpha": SERVER, "beta": SERVER}
ROWS = [row("bank", "critical", extensions=["vector"]), row("shop", "important"),
        row("old", "important", status="planned"), {**row("far", "critical"), "server": "beta"}]
HOSTS = {"db.one": {"ansible_host": "192.0.2.1", "good_neighbor_server": "alpha"},
         "copies": {"ansible_host": "192.0.2.2", "backups_port": 2222}}
WISHES = Wishes(("db.one",), ("copies",), True, {}, "", 24, 7)


def test_the_plan_of_a_drill_host() -> None:
    plan = drill_plan.plan(SERVERS, ROWS, WISHES, HOSTS)
    subjects = {one.service: one for one in drill_config.from_json(plan["config"].encode()).subjects}
    assert {name: one.shelf for name, one in subjects.items()} == {"bank": "offsite:/data", "shop": "host_db_2e_one:"}
    assert plan["known"] == ["db.one", "copies"] and plan["extensions"] == ["vector"]
    assert "port = 2222" in plan["rclone"] and "user = gn_offsite_read" in plan["rclone"]
    assert drill_plan.packages_of(["vector"], ["17"]) == ["postgresql-17", "postgresql-17-pgvector", "python3-psycopg2"]


def test_critical_ones_elsewhere() -> None:
    plan = drill_plan.plan(SERVERS, ROWS, replace(WISHES, remote={"type": "s3"}, remote_path="bucket/x"), HOSTS)
    assert '"shelf": "offsite:bucket/x"' in plan["config"] and "[offsite]\ntype = s3" in plan["rclone"]
    here = drill_plan.plan(SERVERS, ROWS, replace(WISHES, offsite=False), HOSTS)
    assert "offsite" not in here["config"] and here["known"] == ["db.one"]
    with pytest.raises(GoodNeighborError, match="no place offsite"):
        drill_plan.plan(SERVERS, ROWS, replace(WISHES, offsite_hosts=()), HOSTS)


def test_the_configuration_is_read_as_it_was_written() -> None:
    assert drill_config.from_json(drill_config.to_json(CONFIG)) == CONFIG
    assert [one.service for one in CONFIG.chosen(())] == ["bank", "shop"] and CONFIG.chosen(("shop",)) == (SHOP,)
    with pytest.raises(BackupError, match="no service is called x"):
        CONFIG.chosen(("x",))
    with pytest.raises(BackupError, match="damaged"):
        drill_config.from_json(drill_config.to_json(CONFIG).replace(b'"state"', b'"stat"'))


def good(record: Record, subject: Subject, at: datetime) -> None:
    """Remembers a good drill."""
    record.put(drill_record.ended(drill_record.begun(subject, at, record.of(subject), NEVER), 2.5, "20261128T021500Z", ""))


def test_what_is_remembered(tmp_path: Path) -> None:
    record = Record.read(tmp_path / "none")
    assert set(drill_record.faults(CONFIG, record, NOW).values()) == {"no drill was ever made"}
    good(record, SHOP, NOW)
    record.put(drill_record.begun(BANK, NOW, None, NEVER))
    again = Record.read(tmp_path / "none")
    assert again.drills == record.drills
    assert drill_record.faults(CONFIG, again, NOW) == {
        BANK: "the drill of 2026-11-28T05:00:00Z failed: it was begun, and has not come to its end"}
    assert "shop of alpha: backup 20261128T021500Z restored" in drill_record.told(CONFIG, again, NOW)[0]


def test_older_than_a_week_or_from_the_future(tmp_path: Path) -> None:
    record = Record(tmp_path / "record")
    good(record, SHOP, NOW)
    just = replace(CONFIG, subjects=(SHOP,))
    for age, words in ((6.9, ""), (7.1, "more than 7 days ago"), (-1.0, "dated in the future")):
        told = drill_record.faults(just, record, NOW + timedelta(days=age))
        assert (words in told.get(SHOP, "")) if words else told == {}


def test_a_failure_keeps_when_it_last_went_well(tmp_path: Path) -> None:
    record = Record(tmp_path / "record")
    good(record, SHOP, NOW)
    later = NOW + timedelta(days=1)
    record.put(drill_record.ended(drill_record.begun(SHOP, later, record.of(SHOP), NEVER), 1, "20261129T021500Z", "broken"))
    found = record.drills["alpha", "shop"]
    assert (found.success, found.good_at, found.good_backup) == (False, NOW, "20261128T021500Z")


def test_metrics(tmp_path: Path) -> None:
    record = Record(tmp_path / "record")
    good(record, BANK, NOW)
    lines = drill_record.metrics(CONFIG, record).splitlines()
    labels = 'server="alpha",service="bank",database="a \\"bank\\"",priority="critical"'
    assert f"good_neighbor_drill_success{{{labels}}} 1" in lines
    assert f"good_neighbor_drill_last_success_timestamp_seconds{{{labels}}} {int(NOW.timestamp())}" in lines
    assert f"good_neighbor_drill_duration_seconds{{{labels}}} 2.5" in lines
    assert "good_neighbor_drill_success{" + 'server="alpha",service="shop",database="shop",priority="important"} 0' in lines
