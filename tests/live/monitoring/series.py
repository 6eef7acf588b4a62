"""Series as promtool reads them: a server on which all is well, a value each minute."""

from __future__ import annotations

from unit.report.worlds import SERVER, matrix

EVAL = 130  # the minute at which is looked
LATE = 430  # and where a rule asks for hours; for all of them it would take minutes
MINUTES = LATE + 10

Series = dict[str, str]


def steady(value: float) -> str:
    """Always the same."""
    return f"{value:g}+0x{MINUTES}"


def growing(step: float) -> str:
    """By so much each minute; a step of 60 is the time itself."""
    return f"0+{step:g}x{MINUTES}"


def since(minute: int, value: float, before: float = 0) -> str:
    """Another value from a minute on."""
    return f"{before:g}+0x{minute - 1} {value:g}+0x{MINUTES - minute}"


def shrinking(known: int, unseen: int = 0) -> str:
    """The room on a disk that is full within 18 hours, known for the last minutes only; or, where nobody looked
    for some minutes before these, until then as well."""
    begin, step, first = 30e9, 20e6, LATE - known
    before = first - unseen if unseen else 0
    earlier = f"{begin:g}-{step:g}x{before - 1} " if before else ""
    return f"{earlier}_x{first - before} {begin - first * step:g}-{step:g}x{known + 10}"


def named(metric: str, **labels: str) -> str:
    """A series of the server."""
    told = ",".join(f'{name}="{value}"' for name, value in {"server": SERVER, **labels}.items())
    return f"{metric}{{{told}}}"


DISK = {"mountpoint": "/", "fstype": "ext4", "device": "/dev/vda1"}
NOW = growing(60)


def well() -> Series:
    """All series that the rules look for."""
    found = {
        named("pg_up"): steady(1),
        named("pg_stat_activity_count", datname="voice_ninja", state="active"): steady(20),
        named("pg_stat_archiver_failed_count"): steady(3),
        named("node_textfile_scrape_error"): steady(0),
        named("node_filesystem_avail_bytes", **DISK): steady(60e9),
        named("node_filesystem_size_bytes", **DISK): steady(100e9),
        named("node_filesystem_readonly", **DISK): steady(0),
        named("good_neighbor_watch_timestamp_seconds"): NOW,
        named("good_neighbor_start_timestamp_seconds"): steady(-100_000),
        named("good_neighbor_transaction_age"): steady(200e6),
        named("good_neighbor_checksum_failures"): steady(0),
        named("good_neighbor_pending_restart"): steady(0),
        named("good_neighbor_certificate_end_timestamp_seconds"): steady(30 * 86400),
        named("good_neighbor_slot_bytes", slot="standby"): steady(1e6),
        named("good_neighbor_check_timestamp_seconds"): NOW,
        named("good_neighbor_compliant"): steady(1),
        named("good_neighbor_violations", rule="schema-table", severity="low", service="nexus", state="open"): steady(2),
        named(
            "good_neighbor_violations",
            rule="database-public-connect",
            severity="critical",
            service="nexus",
            state="excepted",
        ): steady(1),
    }
    for row in matrix().on(SERVER):
        if row.status == "active":
            found |= service(row.service, row.database, row.owner)
    return found


def service(name: str, database: str, owner: str) -> Series:
    """Those of one service."""
    labels = {"service": name, "database": database}
    return {
        named("pg_stat_database_deadlocks", datname=database): steady(4),
        named("good_neighbor_connections", **labels, role=owner): steady(5),
        named("good_neighbor_blocked_seconds", **labels): steady(2),
        named("good_neighbor_idle_in_transaction_seconds", **labels): steady(10),
        named("good_neighbor_statement_seconds", **labels): steady(5),
        named("good_neighbor_statements_calls", **labels): growing(600),
        named("good_neighbor_statements_seconds", **labels): growing(0.6),
        named("good_neighbor_slow_calls", **labels): steady(7),
        named("good_neighbor_backup_success", **labels): steady(1),
        named("good_neighbor_backup_future", **labels): steady(0),
        named("good_neighbor_backup_last_success_timestamp_seconds", **labels): NOW,
        named("good_neighbor_backup_offsite_last_success_timestamp_seconds", **labels): NOW,
        named("good_neighbor_drill_success", **labels): steady(1),
        named("good_neighbor_drill_last_attempt_timestamp_seconds", **labels): NOW,
        named("good_neighbor_drill_last_success_timestamp_seconds", **labels): NOW,
    }
