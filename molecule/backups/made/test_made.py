"""Backups are made, encrypted, and critical ones copied; nobody reads them who should not."""

from __future__ import annotations

from typing import Any

from hosts.backups import METRICS, OFFSITE, PLANTED, ROOT, elsewhere, metric, names, plant, run_unit, said, sums
from hosts.matrix import sql
from hosts.playbooks import play

testinfra_hosts = ["ansible://thirteen"]

DATABASES = ("voice_ninja", "bbworlds_nexus", "bbworlds_world")
SERVICES = ("bob_gpt", "nexus", "bbworlds_api")
FOLDERS = "/var/backups /srv /var/lib/good_neighbor-backup /var/lib/good_neighbor-drill /etc/good_neighbor /tmp /var/tmp"


def test_the_next_run_changes_nothing(host: Any) -> None:
    again = play("site")
    assert (again.status, set(again.changed.values())) == (0, {0}), again.text


def test_the_unit_makes_backups_of_all(host: Any) -> None:
    for database in DATABASES:
        plant(host, database)
    assert run_unit(host), said(host)
    for service in SERVICES:
        assert len(names(host, service)) == 1 and metric(host, "success", service) == 1
        assert metric(host, "last_success_timestamp_seconds", service) > 1.7e9
    assert metric(host, "offsite_last_success_timestamp_seconds", "bob_gpt") > 1.7e9


def test_only_what_is_critical_is_offsite(host: Any) -> None:
    copies = elsewhere(host, "copies")
    assert copies.check_output("ls -A %s", OFFSITE).split() == ["bob_gpt"]
    assert names(copies, "bob_gpt", OFFSITE) == names(host, "bob_gpt")
    assert sums(copies, f"{OFFSITE}/bob_gpt") == sums(host, f"{ROOT}/bob_gpt")
    assert copies.check_output("find /srv/good_neighbor -name 'receipt*'") == ""


def test_no_plain_byte_on_any_host(host: Any) -> None:
    for name in ("thirteen", "copies", "drill"):
        found = elsewhere(host, name).run(f"grep -rlaF -e {PLANTED} -e 'CREATE TABLE' {FOLDERS}").stdout
        assert found == "", f"{name}: {found}"
    data = host.check_output("ls -d /var/lib/postgresql/*/main")
    sql(host, "CHECKPOINT")
    assert host.run(f"grep -rlaF {PLANTED} {data}/base").stdout != ""  # the search would find it


def test_the_database_host_cannot_read_its_own_backups(host: Any) -> None:
    dump = f"{ROOT}/nexus/{names(host, 'nexus')[0]}/dump.age"
    for key in ("/var/lib/good_neighbor-backup/keys/id_ed25519", "/etc/ssh/ssh_host_ed25519_key"):
        assert "no identity matched" in host.run("age -d -i %s %s", key, dump).stderr
    for name in ("thirteen", "copies"):
        assert elsewhere(host, name).run("grep -rlaF AGE-SECRET-KEY- /etc /root /home /srv /var/lib /var/backups "
                                         "/usr/local").stdout == ""


def test_who_may_enter_and_read(host: Any) -> None:
    assert host.file("/var/lib/good_neighbor-backup/rclone.conf").mode == 0o600
    assert host.file("/var/lib/good_neighbor-backup/keys/id_ed25519").mode == 0o600
    assert host.file("/etc/good_neighbor/backup.json").mode == 0o640
    assert host.run("setpriv --reuid=nobody --clear-groups ls %s", ROOT).rc != 0
    shell = host.run("setpriv --reuid=gn_backup --regid=gn_backup --clear-groups ssh -o BatchMode=yes -o "
                     "UserKnownHostsFile=/var/lib/good_neighbor-backup/keys/known_hosts -i "
                     "/var/lib/good_neighbor-backup/keys/id_ed25519 gn_offsite@%s id",
                     elsewhere(host, "copies").ansible.get_variables()["ansible_host"])
    assert shell.rc != 0 and "uid=" not in shell.stdout and "Permission denied" not in shell.stderr, shell.stderr


def test_drill_hosts_only_read(host: Any) -> None:
    drill = elsewhere(host, "drill")
    for name, account, path in (("thirteen", "gn_backup_read", "/voice-ninja.com"), ("copies", "gn_offsite_read", "/data")):
        address = elsewhere(host, name).ansible.get_variables()["ansible_host"]
        sftp = ("sftp -q -b - -o BatchMode=yes -o UserKnownHostsFile=/var/lib/good_neighbor-drill/keys/known_hosts "
                f"-i /var/lib/good_neighbor-drill/keys/id_ed25519 {account}@{address}")
        assert "planted" not in drill.check_output(f"echo 'ls -1 {path}' | {sftp}")
        refused = drill.run(f"echo 'put /etc/hostname {path}/x' | {sftp}")
        assert refused.rc != 0 and "ermission denied" in refused.stderr, refused.stderr


def test_the_timer(host: Any) -> None:
    shown = host.check_output("systemctl show -P Persistent -P RandomizedDelayUSec -P ActiveState -P UnitFileState "
                              "good-neighbor-backup.timer").split()
    assert sorted(shown) == sorted(["yes", "1h", "active", "enabled"])
    worth = host.check_output("systemd-analyze security --no-pager good-neighbor-backup.service | tail -1")
    assert float(worth.split(": ")[1].split()[0]) < 3, worth
    assert host.file(METRICS).exists
