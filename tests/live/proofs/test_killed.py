"""A run that is killed at any moment leaves nothing that the next one does not put right, and no door open."""

from __future__ import annotations

import time
from pathlib import Path

from live.proofs import history
from live.proofs.fixtures import Gold
from live.proofs.house import House
from live.proofs.kills import MADE, loop
from live.proofs.watching import watch


def test_killed_at_random_moments(house: House, by_hand: Gold, tmp_path: Path) -> None:
    print(loop(house, by_hand, 3, tmp_path))


def test_the_watcher_sees_an_open_door(house: House) -> None:
    with watch(house, MADE) as report:
        house.rows("CREATE DATABASE bbworlds_nexus ALLOW_CONNECTIONS false")
        house.rows("REVOKE ALL ON DATABASE bbworlds_nexus FROM PUBLIC")
        house.rows("ALTER DATABASE bbworlds_nexus ALLOW_CONNECTIONS true")
        time.sleep(0.2)
    assert report.seen == []
    assert report.knocks["missing"] and report.knocks["denied"]
    with watch(house, MADE) as report:
        house.rows("GRANT CONNECT ON DATABASE bbworlds_nexus TO PUBLIC")
        time.sleep(0.2)
        house.rows("REVOKE CONNECT ON DATABASE bbworlds_nexus FROM PUBLIC")
    assert report.seen == ["PUBLIC may connect to bbworlds_nexus", "passerby entered bbworlds_nexus"]


def test_the_history_knows_a_door_that_nobody_saw_open(house: House) -> None:
    with history.kept(house):
        house.rows("CREATE DATABASE bbworlds_nexus")
        house.rows("REVOKE CONNECT ON DATABASE bbworlds_nexus FROM PUBLIC")
        house.rows("GRANT CONNECT ON DATABASE bbworlds_nexus TO PUBLIC")
        house.rows("REVOKE CONNECT ON DATABASE bbworlds_nexus FROM PUBLIC")
        found = [version for version in history.versions(house) if version.database == "bbworlds_nexus"]
    assert [(version.connections, version.public) for version in found] == [(True, True), (True, False)] * 2
