"""The worst night: the database host is gone. What is left is the copy offsite, and the operator's key."""

from __future__ import annotations

from typing import Any

from hosts.backups import OFFSITE, elsewhere, names, plant, run_unit, said
from hosts.matrix import sql
from hosts.playbooks import Run, play
from hosts.power import anew
from hosts.restores import asked, exceptions, in_place

testinfra_hosts = ["ansible://thirteen"]

RUNS: list[Run] = []
ROWS = 2500  # no fewer than the steps before have left: a far smaller dump would be refused


def test_the_host_is_destroyed_and_made_anew(host: Any) -> None:
    plant(host, "voice_ninja", ROWS)
    assert run_unit(host), said(host)
    anew("thirteen")
    assert host.run("ls /var/backups/good_neighbor").rc != 0
    made = play("site")
    assert made.status == 0, made.text
    assert sql(host, "SELECT to_regclass('planted')", "voice_ninja") == ""


def test_an_empty_database_does_not_push_the_good_copies_out(host: Any) -> None:
    copies = elsewhere(host, "copies")
    before = names(copies, "bob_gpt", OFFSITE)
    assert not run_unit(host) and "bob_gpt: FAILED" in said(host), said(host)
    assert names(copies, "bob_gpt", OFFSITE) == before


def test_the_critical_service_comes_back_from_offsite(host: Any) -> None:
    run = in_place("bob_gpt", **{"from": "offsite"})
    RUNS.append(run)
    assert run.status == 0 and "as its manifest says" in run.text, run.text
    assert asked(host, "SELECT count(*) FROM planted") == str(ROWS)
    assert play("audit", "-e", exceptions(*RUNS)).status == 0


def test_backups_and_drills_go_on(host: Any) -> None:
    assert run_unit(host), said(host)
    run = play("restore_drill")
    assert run.status == 0, run.text
