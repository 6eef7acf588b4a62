# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Alerts of a service: its limit, its target, its sessions, its backups."""

from __future__ import annotations

from ..matrix.types import ACTIVE, Allocation
from ..report.reach import logins_of
from .alert import CRITICAL, HIGH, MEDIUM, Alert, where

BLOCKED, IDLE, RUNNING = 30, 300, 1800  # seconds
LATE, DRILL_LATE = 26 * 3600, 8 * 86400  # a day, a week, and time to finish


def alerts(row: Allocation, backups: bool, drills: bool) -> list[Alert]:
    """Those of one row. Backups and drills are asked for where they are set up."""
    found = [*_connections(row), *_sessions(row), *_statements(row)] if row.status == ACTIVE else []
    return [*found, *(_backups(row) if backups else []), *(_drills(row) if drills else [])]


def _connections(row: Allocation) -> list[Alert]:
    limits = [(role, row.connection_limit) for role in logins_of(row)]
    limits += [(reader.role, reader.connection_limit) for reader in row.readers]
    return [alert for role, limit in limits for alert in _of_login(row, role, limit)]


def _of_login(row: Allocation, role: str, limit: int) -> list[Alert]:
    used = f"good_neighbor_connections{where(server=row.server, service=row.service, role=role)}"
    return [
        Alert(
            "LimitReached",
            HIGH,
            f"{used} >= {limit}",
            f"{role} of {row.title} has all of its {limit} connections open: the next one is refused.",
            "Look for sessions that do nothing, and at the pool of the service; raise connection_limit only if the "
            "budget allows it.",
            row.service,
            role=role,
        ),
        Alert(
            "LimitNears",
            MEDIUM,
            f"{used} >= {limit * 0.8:g} and {used} < {limit}",
            f"{role} of {row.title} has four fifths or more of its {limit} connections open.",
            "Look at the pool of the service, before it is refused.",
            row.service,
            "5m",
            role,
        ),
    ]


def _sessions(row: Allocation) -> list[Alert]:
    mine = where(server=row.server, service=row.service)
    return [
        Alert(
            "SessionBlocked",
            HIGH,
            f"good_neighbor_blocked_seconds{mine} > {BLOCKED}",
            f"A session of {row.title} has waited for a lock for more than {BLOCKED} seconds.",
            "The playbook health says who blocks it; end that session with pg_terminate_backend if it will not end itself.",
            row.service,
            "0s",
        ),
        Alert(
            "IdleInTransaction",
            MEDIUM,
            f"good_neighbor_idle_in_transaction_seconds{mine} > {IDLE}",
            f"A session of {row.title} holds a transaction open and does nothing: it keeps locks, and VACUUM from its work.",
            "Find it with the playbook health; mend the service, or set idle_in_transaction_session_timeout on its row.",
            row.service,
        ),
        Alert(
            "LongStatement",
            MEDIUM,
            f"good_neighbor_statement_seconds{mine} > {RUNNING}",
            f"A statement of {row.title} has been running for more than half an hour.",
            "Find it with the playbook health; cancel it with pg_cancel_backend if nobody waits for it.",
            row.service,
            "1m",
        ),
        Alert(
            "Deadlocks",
            MEDIUM,
            f"increase(pg_stat_database_deadlocks{where(server=row.server, datname=row.database)}[10m]) > 0",
            f"Sessions in {row.database} have blocked each other, and PostgreSQL ended one of their statements.",
            "The server's log shows both statements; the service should lock in one order, and try again.",
            row.service,
            "0s",
        ),
    ]


def _statements(row: Allocation) -> list[Alert]:
    mine = where(server=row.server, service=row.service)
    found = [
        Alert(
            "SlowStatements",
            MEDIUM,
            f"increase(good_neighbor_slow_calls{mine}[10m]) > 0",
            f"{row.title} runs statements that take more than 100 ms on average.",
            "The server's log has them; look for a missing index with EXPLAIN.",
            row.service,
            "1m",
        ),
    ]
    if row.latency_target_ms:
        mean = f"rate(good_neighbor_statements_seconds{mine}[5m]) / (rate(good_neighbor_statements_calls{mine}[5m]) > 0)"
        found.append(
            Alert(
                "TargetMissed",
                HIGH,
                f"{mean} > {row.latency_target_ms / 1000:g}",
                f"Statements of {row.title} take longer than its target of {row.latency_target_ms} ms on average.",
                "Look who works at the same time with the playbook health; then at the slowest statements of "
                "pg_stat_statements.",
                row.service,
                "1m",
            )
        )
    return found


def _backups(row: Allocation) -> list[Alert]:
    mine = where(server=row.server, service=row.service)
    grave = CRITICAL if row.backup == "critical" else HIGH
    last, done = f"good_neighbor_backup_last_success_timestamp_seconds{mine}", f"good_neighbor_backup_success{mine}"
    found = [
        Alert(
            "BackupMissed",
            grave,
            f"time() - {last} > {LATE} or absent({last})",
            f"{row.title} has no good backup of the last day. A lost disk would lose what was written since.",
            "Read the journal of good-neighbor-backup.service; run the playbook backup.",
            row.service,
        ),
        Alert(
            "BackupFailed",
            HIGH,
            f"{done} == 0",
            f"The last backup of {row.title} has not ended well for two hours.",
            "Read the journal of good-neighbor-backup.service; the last good backup is untouched.",
            row.service,
            "2h",
        ),
        Alert(
            "BackupInFuture",
            HIGH,
            f"good_neighbor_backup_future{mine} > 0",
            f"A backup of {row.title} is dated ahead of the clock: which one is the newest cannot be told.",
            "Set the clock right; look at the backups' times with backup.pyz list.",
            row.service,
            "1m",
        ),
    ]
    if row.backup == "critical":
        copied = f"good_neighbor_backup_offsite_last_success_timestamp_seconds{mine}"
        found.append(
            Alert(
                "OffsiteMissed",
                CRITICAL,
                f"time() - {copied} > {LATE} or absent({copied})",
                f"{row.title} has no copy elsewhere of the last day: what takes the server takes its backups too.",
                "Read the journal of good-neighbor-backup.service; can the server reach the other place?",
                row.service,
            )
        )
    return found


def _drills(row: Allocation) -> list[Alert]:
    mine = where(server=row.server, service=row.service)
    last = f"good_neighbor_drill_last_success_timestamp_seconds{mine}"
    return [
        Alert(
            "DrillFailed",
            HIGH,
            f"good_neighbor_drill_success{mine} == 0 and good_neighbor_drill_last_attempt_timestamp_seconds{mine} > 0",
            f"The last trial restore of {row.title} has failed: its backup may be none.",
            "Read why in the journal of the drill on its host; make a new backup, and run the playbook restore_drill.",
            row.service,
            "1m",
        ),
        Alert(
            "DrillOverdue",
            MEDIUM,
            f"time() - {last} > {DRILL_LATE} or absent({last})",
            f"No backup of {row.title} was restored on trial for more than a week.",
            "Run the playbook restore_drill.",
            row.service,
            "1m",
        ),
    ]
