# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The section of backups and restore drills, from the metrics that they leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..matrix.types import ACTIVE, RETIRED, Allocation
from .document import BAD, CALM, GOOD, WARN, Block, Cell, Paragraph, Table
from .facts import Facts, Row
from .words import NOTHING, age, bytes_of, hours_since, moment, name

TITLES = ("Service", "Database", "Priority", "Last good backup", "Size", "Offsite copy", "Last good drill", "Verdict")
STALE_BACKUP, STALE_DRILL = 26, 8 * 24  # hours: a day and a week, and time to finish
UNDER_WAY = 2  # hours after its start in which a run without success may still be at work
SUCCESS, DONE, TRIED = "success", "last_success_timestamp_seconds", "last_attempt_timestamp_seconds"
OFFSITE = "offsite_last_success_timestamp_seconds"
NOT_SET_UP = (
    "Not set up: no backup of this server has left a metric where this report looks. Until one has, count on a lost disk to "
    "lose everything on it."
)


@dataclass(frozen=True)
class Kept:
    """What is known of one row's backups and drills: the values of their metrics by the end of their names."""

    backup: dict[str, float]
    drill: dict[str, float]


def kept(row: Allocation, samples: Sequence[Row]) -> Kept:
    """Of a service, from samples that name its server or none."""
    found = Kept({}, {})
    for sample in samples:
        labels, metric = sample["labels"], sample["name"]
        if labels.get("service") != row.service or labels.get("server", row.server) != row.server:
            continue
        for prefix, values in (("good_neighbor_backup_", found.backup), ("good_neighbor_drill_", found.drill)):
            if metric.startswith(prefix):
                values[metric[len(prefix) :]] = sample["value"]
    return found


def backed_up(facts: Facts, server: str) -> list[Allocation]:
    """The rows that must have backups: they are there, and say a priority."""
    seen = facts.databases()
    return [
        row
        for row in facts.matrix.on(server)
        if row.status in (ACTIVE, RETIRED)
        and row.backup
        and seen.get((server, row.database), {}).get("observed") in ("active", "retired")
    ]


def verdict(row: Allocation, found: Kept, read_at: str) -> Cell:
    """What is wrong with a row's backups, the worst first, or that they are as they should be."""
    backup, drill = found.backup, found.drill
    if DONE not in backup or not backup[DONE]:
        return Cell("no backup", tone=BAD)
    if backup.get(SUCCESS, 1) < 1:
        recent = hours_since(backup.get(TRIED, 0), read_at) < UNDER_WAY
        return Cell("running, or failed", tone=WARN) if recent else Cell("last run failed", tone=BAD)
    if not -1 / 12 <= hours_since(backup[DONE], read_at) <= STALE_BACKUP:
        return Cell(
            "too old"
            if backup[DONE] < backup.get(TRIED, 0) or hours_since(backup[DONE], read_at) > 0
            else "dated in the future",
            tone=BAD,
        )
    if row.backup == "critical" and not hours_since(backup.get(OFFSITE, 0), read_at) <= STALE_BACKUP:
        return Cell("no fresh copy offsite", tone=BAD)
    if drill.get(SUCCESS, 1) < 1:
        return Cell("drill failed", tone=BAD)
    if not drill.get(DONE):
        return Cell("never restored on trial", tone=WARN)
    if hours_since(drill[DONE], read_at) > STALE_DRILL:
        return Cell("drill overdue", tone=WARN)
    return Cell("good", tone=GOOD)


def blocks(facts: Facts, server: str) -> tuple[Block, ...]:
    """Each row that must have backups."""
    rows = backed_up(facts, server)
    if not rows:
        return (Paragraph("No database of this server is there yet that would need a backup."),)
    found = {row.service: kept(row, facts.samples) for row in rows}
    told: list[Block] = []
    if not any(one.backup for one in found.values()):
        told.append(Paragraph(NOT_SET_UP, WARN))
    elif not any(one.drill for one in found.values()):
        told.append(Paragraph("Restore drills: not set up. Only a restore shows that a backup is one.", WARN))
    told.append(
        Table(
            "Backups and restore drills",
            TITLES,
            tuple(_line(row, found[row.service], facts.read_at) for row in rows),
            numbers=(4,),
        )
    )
    told.append(
        Paragraph(
            "Every database is backed up daily. Critical ones are copied to another place too, encrypted. A backup counts "
            "once a drill has restored it."
        )
    )
    return tuple(told)


def _line(row: Allocation, found: Kept, read_at: str) -> tuple[Cell, ...]:
    backup, drill = found.backup, found.drill
    offsite = _when(backup.get(OFFSITE), read_at) if row.backup == "critical" else Cell("not asked for", tone=CALM)
    return (
        Cell(row.title),
        name(row.database),
        Cell(row.backup or "–"),
        _when(backup.get(DONE), read_at),
        bytes_of(int(backup["size_bytes"])) if backup.get("size_bytes") else NOTHING,
        offsite,
        _when(drill.get(DONE), read_at),
        verdict(row, found, read_at),
    )


def _when(then: float | None, read_at: str) -> Cell:
    return Cell(age(then, read_at), note=moment(then)) if then else Cell("never")
