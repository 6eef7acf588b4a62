"""The drill host restores what lies on other hosts, with a key of its own; whatever is damaged turns it red."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hosts.backups import OFFSITE, ROOT, elsewhere, names, run_unit, said
from hosts.playbooks import play

testinfra_hosts = ["ansible://drill"]

METRICS = "/var/lib/prometheus/node-exporter/good_neighbor_drill.prom"
STATE = "/var/lib/good_neighbor-drill"
PROGRAM = "setpriv --reuid=gn_drill --regid=gn_drill --clear-groups /usr/local/lib/good_neighbor/drill.pyz"


def metric(host: Any, name: str, service: str) -> float:
    """A value of the metrics, as the exporter's account reads them."""
    text = host.check_output("setpriv --reuid=nobody --clear-groups cat %s", METRICS)
    rows = [line for line in text.splitlines() if line.startswith(f"good_neighbor_drill_{name}{{")]
    return float(next(line for line in rows if f'service="{service}"' in line).rsplit(" ", 1)[1])


def left(host: Any) -> str:
    """What a drill must not leave behind."""
    text: str = host.run(f"ls -d {STATE}/scratch; pgrep -u gn_drill -a").stdout
    return text


@contextmanager
def spoiled(host: Any, path: str, command: str) -> Iterator[None]:
    """A file that something is done to, while the block runs."""
    host.check_output(f"cp -a {path} /root/whole")
    try:
        host.check_output(command.format(path))
        yield
    finally:
        host.check_output(f"mv /root/whole {path}")


def test_green(host: Any) -> None:
    database = elsewhere(host, "thirteen")
    assert run_unit(database), said(database)
    run = play("restore_drill")
    assert run.status == 0, run.text
    for service in ("bob_gpt", "nexus", "bbworlds_api"):
        assert metric(host, "success", service) == 1 and metric(host, "duration_seconds", service) > 0
        assert metric(host, "backup_timestamp_seconds", service) > 1.7e9
        assert f"backup {names(database, service)[-1]} restored" in run.text
    assert left(host) == ""


def test_it_asks_the_right_places(host: Any) -> None:
    told = json.loads(host.check_output("cat /etc/good_neighbor/drill.json"))
    assert {one["service"]: one["shelf"] for one in told["subjects"]} == {
        "bob_gpt": "offsite:/data", "nexus": "host_thirteen:", "bbworlds_api": "host_thirteen:"}


FLIP = "printf X | dd of={} bs=1 seek=300 conv=notrunc status=none"


@pytest.mark.parametrize(("service", "where", "part", "command", "words"), [
    ("bob_gpt", "copies", "dump.age", FLIP.replace("300", "9000"), "cannot be decrypted"),
    ("nexus", "thirteen", "dump.age", "truncate -s -100 {}", "cannot be decrypted"),
    ("nexus", "thirteen", "manifest.age", FLIP, "cannot be decrypted"),
    ("bob_gpt", "copies", "globals.age", "rm {}", "cannot be fetched"),
], ids=["flipped byte", "truncated", "manifest", "missing"])
def test_red(host: Any, service: str, where: str, part: str, command: str, words: str) -> None:
    there, root = elsewhere(host, where), OFFSITE if where == "copies" else ROOT
    good = metric(host, "last_success_timestamp_seconds", service)
    with spoiled(there, f"{root}/{service}/{names(there, service, root)[-1]}/{part}", command):
        done = host.run(f"{PROGRAM} run {service}")
        assert done.rc == 1 and "FAILED" in done.stdout and words in done.stdout, done.stdout
        assert metric(host, "success", service) == 0 and metric(host, "last_success_timestamp_seconds", service) == good
        assert host.run(f"{PROGRAM} status").rc == 1
    assert left(host) == "" and host.run(f"{PROGRAM} run {service}").rc == 0


@pytest.mark.parametrize(("command", "words"), [
    ("age-keygen 2> /dev/null > {}", "no identity matched"), ("rm {}", "key")], ids=["wrong key", "no key"])
def test_red_with_another_key(host: Any, command: str, words: str) -> None:
    with spoiled(host, f"{STATE}/keys/age.key", command):
        run = play("restore_drill")
        assert run.status != 0 and words in run.text and "FAILED" in run.text, run.text
        assert host.run("systemctl is-failed good-neighbor-drill.service").rc == 0


def test_red_from_the_future(host: Any) -> None:
    copies, future = elsewhere(host, "copies"), f"{OFFSITE}/bob_gpt/20990101T000000Z"
    copies.check_output(f"cp -a {OFFSITE}/bob_gpt/{names(copies, 'bob_gpt', OFFSITE)[-1]} {future}")
    try:
        done = host.run(f"{PROGRAM} run bob_gpt")
        assert done.rc == 1 and "dated in the future" in done.stdout, done.stdout
    finally:
        copies.check_output(f"rm -r {future}")


def test_red_after_a_week(host: Any) -> None:
    assert host.run(f"{PROGRAM} run").rc == 0
    with spoiled(host, f"{STATE}/drills.json", r"sed -Ei 's/(\"(good_)?at\": \")20[0-9]{{2}}/\12020/' {}"):
        told = host.run(f"{PROGRAM} status")
        assert told.rc == 1 and told.stdout.count("more than 7 days ago") == 3, told.stdout
        assert play("restore_drill", "--check").status != 0
    assert play("restore_drill", "--check").status == 0


def test_killed(host: Any) -> None:
    host.check_output("systemctl start --no-block good-neighbor-drill.service")
    host.check_output(f"for n in $(seq 400); do [ -e {STATE}/scratch/data/postmaster.pid ] && break; sleep 0.02; done; "
                      f"test -e {STATE}/scratch/data/postmaster.pid")
    host.check_output("systemctl kill -s KILL good-neighbor-drill.service")
    host.check_output("for n in $(seq 100); do systemctl is-failed -q good-neighbor-drill && break; sleep 0.1; done; "
                      "systemctl is-failed good-neighbor-drill")
    assert left(host) == ""
    assert metric(host, "success", "bob_gpt") == 0 and host.run(f"{PROGRAM} status").rc == 1
    assert play("restore_drill").status == 0


def test_its_key_and_its_unit(host: Any) -> None:
    assert host.file(f"{STATE}/keys/age.key").mode == 0o400
    shown = host.check_output("systemctl show -P Persistent -P ActiveState -P UnitFileState good-neighbor-drill.timer")
    assert sorted(shown.split()) == ["active", "enabled", "yes"]
    worth = host.check_output("systemd-analyze security --no-pager good-neighbor-drill.service | tail -1")
    assert float(worth.split(": ")[1].split()[0]) < 3, worth
