"""Each alert comes by its real cause, and ends when that is put right; another run then changes nothing."""

from __future__ import annotations

import os
import time
from typing import Any

from hosts.backups import elsewhere, names, run_unit, said
from hosts.matrix import sql, variables
from hosts.monitoring import SOON, TOWER, Alert, end_sessions, ends, fires, firing, session, waited
from hosts.playbooks import play

testinfra_hosts = ["ansible://thirteen"]

PROVE = bool(os.environ.get("GN_PROVE"))
ROOT = "/var/backups/good_neighbor/twelve"
SMALL, FROZEN, ROTTEN = "/srv/small", "/srv/frozen", "/var/lib/prometheus/node-exporter/rotten.prom"
HOLD = "SELECT pg_advisory_lock(7), pg_sleep(900)"
HELD = "SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND granted"
STOP = "systemctl kill -s KILL --kill-who=main postgresql@15-main; systemctl stop postgresql@15-main"

RESTARTED: set[Alert] = {("ServerRestarted", name, "") for name in ("thirteen", "twelve")}
NEVER: set[Alert] = {("BackupMissed", "twelve", "notes")}
YET: set[Alert] = {("BackupMissed", "twelve", "diary"), *(("DrillOverdue", "twelve", name) for name in ("diary", "notes"))}
CAUSED: set[Alert] = {
    ("SessionBlocked", "thirteen", "kiosk"), ("LimitReached", "thirteen", "kiosk"), ("DiskNearlyFull", "thirteen", ""),
    ("PolicyBroken", "thirteen", "kiosk"), ("DrillFailed", "twelve", "diary"), ("ServerDown", "twelve", "")}
MORE: set[Alert] = {("TextfileUnreadable", "thirteen", ""), ("DiskReadOnly", "thirteen", "")}
# The role alone: other scenarios run what `site` does before it twice.
RUNS = (("site",), ("site", "--check")) if PROVE else (("molecule/monitoring/again.yml",),)
# what has been is told for some minutes after
BEEN: set[Alert] = {("Deadlocks", "thirteen", "nexus"), ("SlowStatements", "thirteen", "nexus"),
                    ("TargetMissed", "thirteen", "nexus")}


def check_now(host: Any) -> None:
    """The server is compared with the matrix, as its timer does it."""
    host.check_output("systemctl start good-neighbor-check.service")


def drilled(host: Any, *services: str) -> bool:
    """Whether the drill of these services' backups is content."""
    program = "setpriv --reuid=gn_drill --regid=gn_drill --clear-groups /usr/local/lib/good_neighbor/drill.pyz"
    return bool(host.run(f"cd / && {program} run {' '.join(services)}").rc == 0)


def test_backups_are_made_and_tried(host: Any) -> None:
    twelve = elsewhere(host, "twelve")
    if PROVE:
        fires(host, NEVER | YET)
        assert run_unit(twelve), said(twelve)
        assert drilled(host, "diary", "notes")
        ends(host, NEVER | YET)
    else:  # the other is missed while the rest goes wrong
        twelve.check_output("runuser -u gn_backup -- /usr/local/lib/good_neighbor/backup.pyz run diary")


def test_a_quiet_server_is_quiet(host: Any) -> None:
    if PROVE:  # what was started is told for ten minutes
        assert waited(lambda: not firing(host), 720, 10), firing(host)
    end = time.monotonic() + (600 if PROVE else 0)
    while True:
        assert firing(host) <= (set() if PROVE else RESTARTED | NEVER | YET)
        if time.monotonic() >= end:
            return
        time.sleep(10)


def test_each_comes_by_its_cause(host: Any) -> None:
    twelve = elsewhere(host, "twelve")
    session(host, "holder", "kiosk_user", "kiosk_db", HOLD)
    assert waited(lambda: sql(host, HELD) == "t")  # else one of the others may hold it, and end at once
    for number in range(3):
        session(host, f"waiter-{number}", "kiosk_user", "kiosk_db", "SELECT pg_advisory_lock(7)")
    twelve.check_output(STOP)
    host.check_output(f"mkdir -p {SMALL} && mount -t tmpfs -o size=8m tmpfs {SMALL}")
    host.check_output(f"head -c 8000000 /dev/zero >{SMALL}/full")
    dump = f"{ROOT}/diary/{names(twelve, 'diary', ROOT)[-1]}/dump.age"
    twelve.check_output(f"cp -a {dump} /root/whole && truncate -s -9 {dump}")
    assert not drilled(host, "diary")
    twelve.check_output(f"mv /root/whole {dump}")
    sql(host, "GRANT nexus_user TO kiosk_user")
    check_now(host)
    if PROVE:
        cause_more(host)
    more = MORE | BEEN if PROVE else NEVER
    fires(host, CAUSED | more, SOON + 30)  # a session is blocked after half a minute


def cause_more(host: Any) -> None:
    """What has an alert as well, and no kind of its own."""
    host.check_output(f"mkdir -p {FROZEN} && mount -t tmpfs -o ro,size=1m tmpfs {FROZEN} && echo '}}{{' >{ROTTEN}")
    locks = ("1", "2"), ("2", "1")
    for first, second in locks:
        session(host, f"lock-{first}", "nexus_user", "bbworlds_nexus", f"SELECT pg_advisory_xact_lock({first}); "
                f"SELECT pg_sleep(2); SELECT pg_advisory_xact_lock({second})")
    slow, password = " ".join(["-c 'SELECT pg_sleep(0.15)'"] * 5), variables()["vault_nexus_user"]
    host.check_output(f"PGPASSWORD={password} psql -X -h 127.0.0.1 -U nexus_user bbworlds_nexus {slow}")


def test_each_ends_when_it_is_put_right(host: Any) -> None:
    twelve = elsewhere(host, "twelve")
    twelve.check_output("systemctl start postgresql@15-main")
    end_sessions(host, "kiosk_user")
    host.check_output(f"umount {SMALL} {FROZEN if PROVE else ''} && rm -f {ROTTEN}")
    sql(host, "REVOKE nexus_user FROM kiosk_user")
    check_now(host)
    assert run_unit(twelve), said(twelve)
    assert drilled(host, "diary", "notes")
    if PROVE:
        ends(host, CAUSED | MORE)


def test_the_next_run_changes_nothing(host: Any) -> None:
    for words in RUNS:
        again = play(*words)
        assert (again.status, set(again.changed.values())) == (0, {0}), again.text
        assert again.changed.keys() >= {"thirteen", "twelve", TOWER}, again.text


def test_each_has_ended_meanwhile(host: Any) -> None:
    ends(host, CAUSED | NEVER | YET)
    fires(host, {("ServerRestarted", "twelve", "")})  # its postmaster was killed
    if PROVE:
        ends(host, BEEN | RESTARTED, 720)
