# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Alerts of a server: it is there, it has room, it can be trusted, somebody looks.

Metrics that begin with `good_neighbor_` are the collection's own (watch.py, compliance.py); the others are those that
prometheus-postgres-exporter 0.11 and 0.17 and prometheus-node-exporter 1.5 and 1.9 have in common.
"""

from __future__ import annotations

from ..matrix.types import ServerSpec
from .alert import CRITICAL, HIGH, LOW, MEDIUM, Alert, where

RESTARTED = 600  # seconds after a start in which it is told
NEARLY_ALL = 0.9  # of the connections that services may share
OLD_TRANSACTION = 500_000_000  # of the 2 billion after which a server stops itself; autovacuum acts at 200 million
SLOT_BYTES = 10 * 2**30
ROOM = 0.1  # of a file system
KNOWN = 36  # looks at a disk, one in ten minutes: six hours of the last seven, so that a short gap silences nothing
STALE_WATCH, STALE_CHECK = 180, 3600  # seconds
NO_DISKS = 'fstype!~"squashfs|iso9660|ramfs|proc|sysfs|nsfs",mountpoint!~"/(run|dev|sys|proc|boot)(/.*)?"'


def alerts(spec: ServerSpec) -> list[Alert]:
    """All of one server, in the order in which a person wants to read them."""
    return [*_there(spec), *_room(spec), *_trust(spec), *_policy(spec)]


def _there(spec: ServerSpec) -> list[Alert]:
    mine = where(server=spec.name)
    return [
        Alert(
            "ServerDown",
            CRITICAL,
            f"pg_up{mine} == 0 or absent(pg_up{mine})",
            "PostgreSQL does not answer: every service on it is down.",
            "Look at systemctl status 'postgresql@*' and the server's log; start it; if its disk is full, make room first.",
        ),
        Alert(
            "ServerRestarted",
            MEDIUM,
            f"time() - good_neighbor_start_timestamp_seconds{mine} < {RESTARTED}",
            "PostgreSQL was started within the last ten minutes: all sessions were lost.",
            "If nobody restarted it on purpose, look in the server's log for a crash, and in the kernel's for lack of "
            "memory.",
            wait="0s",
        ),
        Alert(
            "WatchSilent",
            HIGH,
            f"time() - good_neighbor_watch_timestamp_seconds{mine} > {STALE_WATCH} "
            f"or absent(good_neighbor_watch_timestamp_seconds{mine})",
            "The watch has read nothing for three minutes: most other alerts are blind.",
            "Look at the journal of good-neighbor-watch.service; can its role log in?",
            wait="1m",
        ),
        Alert(
            "TextfileUnreadable",
            MEDIUM,
            f"node_textfile_scrape_error{mine} > 0",
            "The node exporter cannot read a file of metrics: backups, drills or the watch are blind.",
            "Look in the journal of prometheus-node-exporter for the file's name; check its owner and mode.",
            wait="1m",
        ),
    ]


def _room(spec: ServerSpec) -> list[Alert]:
    mine, name = where(server=spec.name), spec.name
    shared = spec.max_connections - spec.maintenance_connections
    disks = f"{mine[:-1]},{NO_DISKS}}}"
    free = f"node_filesystem_avail_bytes{disks} / node_filesystem_size_bytes{disks}"
    return [
        Alert(
            "ConnectionsNearlyGone",
            HIGH,
            f"sum(pg_stat_activity_count{mine}) >= {int(shared * NEARLY_ALL)}",
            f"Nine tenths of the {shared} connections of {name} that services may share are taken.",
            "See in the report's budget who takes them; end sessions that do nothing; look for a pool that leaks.",
        ),
        Alert(
            "DiskNearlyFull",
            CRITICAL,
            f"{free} < {ROOM}",
            "A file system has less than a tenth left. PostgreSQL stops when it cannot write its WAL.",
            "Find what grows (du -x); a replication slot or a failing archive can hold WAL back; never delete in pg_wal.",
        ),
        Alert(
            "DiskFillsUp",
            MEDIUM,
            f"{free} < 0.5 and predict_linear(node_filesystem_avail_bytes{disks}[6h], 86400) < 0 "
            f"and count_over_time(node_filesystem_avail_bytes{disks}[7h:10m]) >= {KNOWN}",
            "At the pace of the last six hours a file system is full within a day.",
            "Find what grows, before it is urgent.",
            wait="10m",
        ),
        Alert(
            "DiskReadOnly",
            CRITICAL,
            f"node_filesystem_readonly{disks} == 1",
            "A file system has become read-only, which the kernel does when it cannot trust the disk.",
            "Read the kernel's log; make a backup elsewhere while reading still works; do not restart PostgreSQL.",
            wait="1m",
        ),
        Alert(
            "SlotHoldsWal",
            HIGH,
            f"good_neighbor_slot_bytes{mine} > {SLOT_BYTES}",
            "A replication slot holds back more than 10 GB of WAL: it will fill the disk.",
            "Bring its reader back, or drop the slot if nobody will read it any more.",
            wait="5m",
        ),
        Alert(
            "ArchiveFails",
            HIGH,
            f"increase(pg_stat_archiver_failed_count{mine}[15m]) > 0",
            "WAL could not be archived: it stays on the disk, and a restore to a point in time ends where it broke.",
            "Read the archive command's message in the server's log.",
        ),
    ]


def _trust(spec: ServerSpec) -> list[Alert]:
    mine = where(server=spec.name)
    return [
        Alert(
            "ChecksumFailure",
            CRITICAL,
            f"good_neighbor_checksum_failures{mine} > 0",
            "A page was read whose checksum is wrong: the disk or the memory has changed data.",
            "Change nothing more on that disk. Find the table in the server's log; restore it from a backup that a drill "
            "has "
            "tried.",
            wait="0s",
        ),
        Alert(
            "WraparoundNears",
            HIGH,
            f"good_neighbor_transaction_age{mine} > {OLD_TRANSACTION}",
            "Old rows are not frozen in time; at two billion transactions the server refuses to write.",
            "Look for a very old transaction, a prepared one, or a slot; let VACUUM (FREEZE) run in the oldest database.",
            wait="5m",
        ),
        Alert(
            "RestartPending",
            LOW,
            f"good_neighbor_pending_restart{mine} > 0",
            "A setting was changed that holds only after a restart.",
            "Restart the server at a quiet time, or take the change back.",
            wait="1h",
        ),
        Alert(
            "CertificateEnds",
            HIGH,
            f"good_neighbor_certificate_end_timestamp_seconds{mine} - time() < 14 * 86400",
            "The server's TLS certificate ends within two weeks; then clients that check it stay out.",
            "Put a new one in its place and reload; the role postgresql_server makes one where it made this one.",
            wait="1m",
        ),
    ]


def _policy(spec: ServerSpec) -> list[Alert]:
    mine = where(server=spec.name)
    standing = f'good_neighbor_violations{mine[:-1]},state!~"excepted|remedied"}}'
    now, before = f"sum by (rule, service) ({standing})", f"sum by (rule, service) ({standing} offset 1h)"
    grave = f'sum by (rule, service) ({standing[:-1]},severity="critical"}})'
    checked = f"on () good_neighbor_check_timestamp_seconds{mine} offset 1h"
    return [
        Alert(
            "PolicyBroken",
            CRITICAL,
            f"{grave} > 0",
            "{{ $labels.rule }}: another service can read, change or become {{ $labels.service }} now.",
            "Run the playbook audit; it says which place it is and what to type.",
            service="{{ $labels.service }}",
        ),
        Alert(
            "NewViolation",
            MEDIUM,
            f"({now} > {before} or {now} unless {before}) and {checked}",
            "{{ $labels.rule }} is broken in a place where it was not an hour ago.",
            "Run the playbook audit; what is new stands first.",
            service="{{ $labels.service }}",
            wait="0s",
        ),
        Alert(
            "PolicyUnchecked",
            MEDIUM,
            f"time() - good_neighbor_check_timestamp_seconds{mine} > {STALE_CHECK} "
            f"or absent(good_neighbor_check_timestamp_seconds{mine})",
            "Nobody has compared the server with the matrix for an hour.",
            "Look at the journal of good-neighbor-check.service.",
            wait="1m",
        ),
    ]
