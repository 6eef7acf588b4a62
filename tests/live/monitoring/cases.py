"""For each alert what makes it fire, and what is just not enough."""

from __future__ import annotations

from dataclasses import dataclass

from .series import DISK, EVAL, LATE, Series, growing, named, since, shrinking, steady

BOB = {"service": "bob_gpt", "database": "voice_ninja"}
RECENT = EVAL - 2  # a minute
NOON = EVAL * 60.0  # when is looked, as a Unix time
CRITICAL = {"rule": "database-public-connect", "severity": "critical", "service": "bob_gpt", "state": "open"}
NEW = {"rule": "limit-role", "severity": "high", "service": "bob_gpt", "state": "open"}
NEVER_TRIED: dict[str, str | None] = {
    named("good_neighbor_drill_success", **BOB): steady(0),
    named("good_neighbor_drill_last_attempt_timestamp_seconds", **BOB): steady(0),
}


@dataclass(frozen=True)
class Case:
    """`fires` and `quiet`: what is other than on a server on which all is well; None takes a series away. `too`: other
    alerts that the same cause brings. `minute`: when is looked."""

    alert: str
    fires: dict[str, str | None]
    quiet: dict[str, str | None]
    too: tuple[str, ...] = ()
    minute: int = EVAL


def one(metric: str, fires: str | None, quiet: str, alert: str, *too: str, **labels: str) -> Case:
    """A case of one series."""
    name = named(metric, **labels)
    return Case(alert, {name: fires}, {name: quiet}, too)


def disk(fires: str, quiet: str) -> Case:
    """A case of the room on a disk over hours."""
    name = named("node_filesystem_avail_bytes", **DISK)
    return Case("DiskFillsUp", {name: fires}, {name: quiet}, minute=LATE)


def bob(metric: str, fires: str | None, quiet: str, alert: str, *too: str, **labels: str) -> Case:
    """A case of one of Bob GPT's series."""
    return one(f"good_neighbor_{metric}", fires, quiet, alert, *too, **BOB, **labels)


CASES = (
    one("pg_up", since(RECENT, 0, 1), steady(1), "ServerDown"),
    one("pg_up", None, steady(1), "ServerDown"),
    one("good_neighbor_start_timestamp_seconds", steady(NOON - 500), steady(NOON - 700), "ServerRestarted"),
    one("good_neighbor_watch_timestamp_seconds", steady(NOON - 600), steady(NOON - 170), "WatchSilent"),
    one("good_neighbor_watch_timestamp_seconds", None, steady(NOON - 100), "WatchSilent"),
    one("node_textfile_scrape_error", steady(1), steady(0), "TextfileUnreadable"),
    one(
        "pg_stat_activity_count",
        since(RECENT, 117),
        steady(116),
        "ConnectionsNearlyGone",
        datname="voice_ninja",
        state="active",
    ),
    one("node_filesystem_avail_bytes", steady(9.9e9), steady(10.1e9), "DiskNearlyFull", **DISK),
    disk(f"30e9-20e6x{LATE}", f"30e9-2e6x{LATE}"),
    disk(shrinking(420), shrinking(60)),  # known for seven hours, and for one
    # nobody looked for a while six hours ago, and for most of the time
    disk(shrinking(LATE - 80, 20), shrinking(60, 300)),
    one("node_filesystem_readonly", steady(1), steady(0), "DiskReadOnly", **DISK),
    one("good_neighbor_slot_bytes", steady(11e9), steady(10e9), "SlotHoldsWal", slot="standby"),
    one("pg_stat_archiver_failed_count", since(EVAL - 5, 4, 3), since(EVAL - 60, 4, 3), "ArchiveFails"),
    one("good_neighbor_checksum_failures", since(EVAL, 1), steady(0), "ChecksumFailure"),
    one("good_neighbor_transaction_age", steady(501e6), steady(499e6), "WraparoundNears"),
    one("good_neighbor_pending_restart", steady(1), since(EVAL - 30, 1), "RestartPending"),
    one(
        "good_neighbor_certificate_end_timestamp_seconds",
        steady(NOON + 13 * 86400),
        steady(NOON + 15 * 86400),
        "CertificateEnds",
    ),
    one("good_neighbor_violations", steady(1), steady(0), "PolicyBroken", **CRITICAL),
    one("good_neighbor_violations", f"_x{EVAL - 5} 1+0x10", f"_x{EVAL - 70} 1+0x80", "NewViolation", **NEW),
    one(
        "good_neighbor_violations",
        since(EVAL - 5, 3, 2),
        since(EVAL - 5, 1, 2),
        "NewViolation",
        rule="schema-table",
        severity="low",
        service="nexus",
        state="open",
    ),
    one("good_neighbor_check_timestamp_seconds", steady(NOON - 3900), steady(NOON - 3500), "PolicyUnchecked"),
    one("good_neighbor_check_timestamp_seconds", None, steady(NOON), "PolicyUnchecked"),
    bob("connections", since(RECENT, 10, 5), steady(7), "LimitReached", role="voice_ninja_user"),
    bob("connections", steady(3), steady(2), "LimitReached", role="voice_ninja_analytics"),
    bob("connections", steady(8), steady(7), "LimitNears", role="voice_ninja_user"),
    bob("blocked_seconds", since(EVAL, 31), steady(29), "SessionBlocked"),
    bob("idle_in_transaction_seconds", steady(301), steady(299), "IdleInTransaction"),
    bob("statement_seconds", steady(1801), steady(1799), "LongStatement"),
    one("pg_stat_database_deadlocks", since(EVAL - 2, 5, 4), since(EVAL - 30, 5, 4), "Deadlocks", datname="voice_ninja"),
    bob("slow_calls", growing(1), since(EVAL - 30, 9, 7), "SlowStatements"),
    bob("statements_seconds", growing(600 * 0.051), growing(600 * 0.049), "TargetMissed"),
    bob("backup_last_success_timestamp_seconds", steady(NOON - 27 * 3600), steady(NOON - 25 * 3600), "BackupMissed"),
    bob("backup_last_success_timestamp_seconds", None, steady(NOON - 3600), "BackupMissed"),
    bob("backup_success", steady(0), since(EVAL - 60, 0, 1), "BackupFailed"),
    bob("backup_future", steady(1), steady(0), "BackupInFuture"),
    bob(
        "backup_offsite_last_success_timestamp_seconds", steady(NOON - 27 * 3600), steady(NOON - 25 * 3600), "OffsiteMissed"
    ),
    bob("backup_offsite_last_success_timestamp_seconds", None, steady(NOON), "OffsiteMissed"),
    bob("drill_success", steady(0), steady(1), "DrillFailed"),
    Case("DrillFailed", {named("good_neighbor_drill_success", **BOB): steady(0)}, NEVER_TRIED),
    bob("drill_last_success_timestamp_seconds", steady(NOON - 9 * 86400), steady(NOON - 7 * 86400), "DrillOverdue"),
    bob("drill_last_success_timestamp_seconds", None, steady(NOON), "DrillOverdue"),
)


def planted(series: Series, changes: dict[str, str | None]) -> Series:
    """The series with these changes."""
    return {name: value for name, value in {**series, **changes}.items() if value is not None}
