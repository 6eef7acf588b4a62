"""Whatever goes wrong is a failed unit and a metric, no false success, and the last good backup stays."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hosts.backups import OFFSITE, ROOT, UNIT, elsewhere, metric, names, plant, run_unit, said, sums
from hosts.matrix import sql
from hosts.playbooks import play

testinfra_hosts = ["ansible://thirteen"]

STATE = "/var/lib/good_neighbor-backup"


def check_fault(host: Any, service: str, words: str) -> None:
    """The run failed because of this service, and says why."""
    assert not run_unit(host)
    assert words in said(host), said(host)
    assert metric(host, "success", service) == 0


@contextmanager
def done(host: Any, begin: str, end: str) -> Iterator[None]:
    """A command, and for the block's end the one that takes it back."""
    host.check_output(begin)
    try:
        yield
    finally:
        host.check_output(end)


def test_a_full_disk(host: Any) -> None:
    good = names(host, "nexus")
    folder = f"{ROOT}/nexus"
    options = "size=9m,mode=0750,uid=gn_backup,gid=gn_backup_read"
    small = (f"cp -a {folder} /root/kept && mount -t tmpfs -o {options} tmpfs {folder} && cp -a /root/kept/. {folder}/")
    with done(host, small, f"umount {folder} && rm -r /root/kept"):
        before = sums(host, folder)
        plant(host, "bbworlds_nexus", 2000)
        check_fault(host, "nexus", "no space left")
        assert sums(host, folder) == before and names(host, "nexus") == good
        assert metric(host, "success", "bob_gpt") == 1
    plant(host, "bbworlds_nexus")


def test_offsite_is_gone(host: Any) -> None:
    copies, before = elsewhere(host, "copies"), names(host, "bob_gpt")
    there = sums(copies, OFFSITE)
    with done(copies, *firewall(host)):
        check_fault(host, "bob_gpt", "offsite")
    assert sums(copies, OFFSITE) == there
    assert len(names(host, "bob_gpt")) == len(before) + 1  # the one here is whole
    assert metric(host, "offsite_last_success_timestamp_seconds", "bob_gpt") < metric(
        host, "last_success_timestamp_seconds", "bob_gpt")
    assert metric(host, "success", "nexus") == 1


def firewall(host: Any, how: str = "REJECT --reject-with tcp-reset") -> tuple[str, str]:
    """Commands that shut a host to the database host, and open it."""
    rule = f"INPUT -s {host.ansible.get_variables()['ansible_host']} -p tcp --dport 22 -j {how}"
    return f"iptables -I {rule}", f"iptables -D {rule}"


def waited(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Waits until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_network_is_cut_in_the_middle(host: Any) -> None:
    copies = elsewhere(host, "copies")
    plant(host, "voice_ninja", 2000)
    there = sums(copies, OFFSITE)
    device = host.check_output("ip -o -4 route show to default | awk '{print $5}'")
    slow = f"tc qdisc add dev {device} root tbf rate 10mbit burst 64kb latency 400ms"  # a copy takes seconds
    with done(host, slow, f"tc qdisc del dev {device} root"):
        host.check_output("systemctl reset-failed %s; systemctl start --no-block %s", UNIT, UNIT)
        half = f"find {OFFSITE}/bob_gpt -path '*partial/dump.age' -size +100k"
        waited(lambda: bool(copies.run(half).stdout))
        with done(copies, *firewall(host)):
            # rclone gives up a peer that is silent for a minute
            waited(lambda: host.run("systemctl is-active %s", UNIT).stdout.strip() != "activating", 240)
    assert host.run("systemctl is-failed %s", UNIT).rc == 0, said(host)
    assert "bob_gpt: FAILED" in said(host) and metric(host, "success", "bob_gpt") == 0
    assert [line for line in sums(copies, OFFSITE).splitlines() if "partial" not in line] == there.splitlines()
    assert run_unit(host), said(host)
    assert not [name for name in names(copies, "bob_gpt", OFFSITE) if "partial" in name]


def test_the_unit_is_killed(host: Any) -> None:
    before = sums(host)
    with done(host, "systemctl start --no-block good-neighbor-backup", "true"):
        waited(lambda: bool(host.run(f"find {ROOT} -path '*partial/dump.age'").stdout))
        host.check_output("systemctl kill -s KILL %s", UNIT)
        waited(lambda: host.run("systemctl is-active %s", UNIT).stdout.strip() == "failed")
    assert metric(host, "success", "bob_gpt") == 0
    assert [line for line in sums(host).splitlines() if "partial" not in line] == before.splitlines()
    assert run_unit(host), said(host)
    assert host.run(f"find {ROOT} -name '*partial*'").stdout == ""


def test_two_at_once(host: Any) -> None:
    before = sums(host)
    hold = f"systemd-run -q --unit=holder -p User=gn_backup flock {STATE}/lock sleep 60"
    with done(host, hold, "systemctl stop holder"):
        waited(lambda: host.run("pgrep -x sleep").rc == 0)
        assert not run_unit(host)
        assert "another run" in said(host)
    assert sums(host) == before and run_unit(host)


@pytest.mark.parametrize("where", ["thirteen", "copies"])
def test_a_backup_from_the_future(host: Any, where: str) -> None:
    there, root = elsewhere(host, where), ROOT if where == "thirteen" else OFFSITE
    future = f"{root}/bob_gpt/20990101T000000Z"
    with done(there, f"cp -a {root}/bob_gpt/{names(there, 'bob_gpt', root)[0]} {future}", f"rm -r {future}"):
        check_fault(host, "bob_gpt", "dated in the future")
        assert metric(host, "last_success_timestamp_seconds", "bob_gpt") < 4e9
        assert there.file(future).is_directory


def test_the_roles_rights_are_taken_away(host: Any) -> None:
    before = sums(host)
    sql(host, "REVOKE pg_read_all_data FROM gn_backup")
    sql(host, "ALTER ROLE gn_backup NOBYPASSRLS")
    check_fault(host, "nexus", "lacks BYPASSRLS and membership in pg_read_all_data; run site")
    assert sums(host) == before


def test_the_matrix_changes_and_site_heals(host: Any) -> None:
    retired = {"status": "retired", **dict.fromkeys(("password", "client_pool", "env_files", "schema_files"))}
    changed = {"bbworlds_api": {"status": "active"}, "auth": {"status": "active"}, "nexus": retired}
    before = len(names(host, "nexus"))
    run = play("site", "-e", json.dumps({"good_neighbor_overrides": changed}))
    assert run.status == 0, run.text
    run = play("backup")
    assert run.status == 0 and "auth" in run.text, run.text
    assert len(names(host, "auth")) == 1  # a service that was added
    assert len(names(host, "nexus")) == before + 1  # one that was retired
    assert names(elsewhere(host, "copies"), "auth", OFFSITE) == names(host, "auth")  # it is critical
