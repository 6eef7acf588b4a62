# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the drills have found: kept from run to run, told to a person, and as metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from ..whole_file import write_whole
from . import layout
from .drill_config import Config, Subject
from .errors import BackupError
from .strict import Fields, dump, load, time_text

FORMAT = 1
PREFIX = "good_neighbor_drill_"
_HELP = {
    "success": "Whether the last drill has restored the newest backup; 0 while one runs.",
    "last_success_timestamp_seconds": "When the last drill began that has restored a backup; 0 where none has.",
    "last_attempt_timestamp_seconds": "When the last drill began; 0 where there was none.",
    "duration_seconds": "How long the last drill took.",
    "backup_timestamp_seconds": "When the backup was begun that was restored last; 0 where none was.",
    "max_age_seconds": "How old the last good drill may be.",
}
_BEGUN = "it was begun, and has not come to its end"


@dataclass(frozen=True)
class Drill:
    """The last drill of one service. `backup` is the one that was tried; `good_at`, `good_backup`: the last that succeeded
    (the beginning of time, and an empty text, where none has)."""

    server: str
    service: str
    at: datetime
    success: bool
    seconds: float
    backup: str
    fault: str
    good_at: datetime
    good_backup: str


def begun(subject: Subject, now: datetime, last: Drill | None, never: datetime) -> Drill:
    """A drill at work: it counts as failed until it has come to its end."""
    return Drill(subject.server, subject.service, now, False, 0.0, "", _BEGUN, last.good_at if last else never,
                 last.good_backup if last else "")


def ended(drill: Drill, seconds: float, backup: str, fault: str) -> Drill:
    """The same, at its end; without a `fault` it is a good one."""
    done = replace(drill, success=not fault, seconds=seconds, backup=backup, fault=fault)
    return done if fault else replace(done, good_at=drill.at, good_backup=backup)


@dataclass
class Record:
    """By server and service. A file that cannot be read counts as none: then all drills are too old, which is told."""

    path: Path
    drills: dict[tuple[str, str], Drill] = field(default_factory=dict)

    @staticmethod
    def read(path: Path) -> Record:
        """What a file says."""
        try:
            fields = load(path.read_bytes(), "the record of the drills")
            fields.number("format", FORMAT)
            return Record(path, {(one.server, one.service): one for one in fields.each("drills", _drill)})
        except (OSError, BackupError):
            return Record(path)

    def put(self, drill: Drill) -> None:
        """Remembers it, on the disk too."""
        self.drills[drill.server, drill.service] = drill
        values = [{**asdict(one), "at": time_text(one.at), "good_at": time_text(one.good_at)}
                  for _key, one in sorted(self.drills.items())]
        write_whole(self.path, dump({"format": FORMAT, "drills": values}), 0o640)

    def of(self, subject: Subject) -> Drill | None:
        """The last drill of a service."""
        return self.drills.get((subject.server, subject.service))


def faults(config: Config, record: Record, now: datetime) -> dict[Subject, str]:
    """What is wrong with the drills, one sentence for each service that has something."""
    found = {subject: _fault(record.of(subject), config, now) for subject in config.subjects}
    return {subject: fault for subject, fault in found.items() if fault}


def _fault(drill: Drill | None, config: Config, now: datetime) -> str:
    if drill is None:
        return "no drill was ever made"
    if not drill.success:
        return f"the drill of {time_text(drill.at)} failed: {drill.fault}"
    if drill.good_at > now + layout.CLOCKS_DIFFER:
        return f"the last drill is dated in the future ({time_text(drill.good_at)}): a clock is wrong"
    if now - drill.good_at > timedelta(days=config.max_age):
        return f"the last good drill is of {time_text(drill.good_at)}, more than {config.max_age} days ago"
    return ""


def told(config: Config, record: Record, now: datetime) -> list[str]:
    """A line for each service, for a person."""
    wrong = faults(config, record, now)
    lines = []
    for subject in config.subjects:
        drill = record.of(subject)
        if subject in wrong:
            lines.append(f"{subject.name}: FAILED: {wrong[subject]}")
        elif drill is not None:
            lines.append(f"{subject.name}: backup {drill.backup} restored at {time_text(drill.at)} in {drill.seconds:.1f} s,"
                         " as its manifest says")
    return lines or ["no service is to be drilled"]


def as_mapping(config: Config, record: Record, now: datetime) -> list[dict[str, object]]:
    """The same for programs."""
    wrong = faults(config, record, now)
    rows: list[dict[str, object]] = []
    for subject in config.subjects:
        drill = record.of(subject)
        rows.append({"server": subject.server, "service": subject.service, "database": subject.database,
                     "priority": subject.priority, "ok": subject not in wrong, "fault": wrong.get(subject, ""),
                     "backup": drill.backup if drill else "", "seconds": drill.seconds if drill else None,
                     "at": time_text(drill.at) if drill else None})
    return rows


def metrics(config: Config, record: Record) -> str:
    """The file for the node exporter, in Prometheus' text format."""
    values = {subject: _values(record.of(subject), config) for subject in config.subjects}
    lines = []
    for name, what in _HELP.items():
        rows = [f"{PREFIX}{name}{{{_labels(subject)}}} {found[name]:.15g}" for subject, found in values.items()]
        lines += [f"# HELP {PREFIX}{name} {what}", f"# TYPE {PREFIX}{name} gauge", *rows] if rows else []
    return "".join(f"{line}\n" for line in lines)


def _values(drill: Drill | None, config: Config) -> Mapping[str, float]:
    good = drill is not None and drill.good_backup
    return {
        "success": int(drill is not None and drill.success),
        "last_success_timestamp_seconds": drill.good_at.timestamp() if drill and good else 0,
        "last_attempt_timestamp_seconds": drill.at.timestamp() if drill else 0,
        "duration_seconds": round(drill.seconds, 3) if drill else 0,
        "backup_timestamp_seconds": layout.parse_stamp(drill.good_backup).timestamp() if drill and good else 0,
        "max_age_seconds": config.max_age * 86400,
    }


def _labels(subject: Subject) -> str:
    pairs: Iterable[tuple[str, str]] = (("server", subject.server), ("service", subject.service),
                                        ("database", subject.database), ("priority", subject.priority))
    escaped = ((name, value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")) for name, value in pairs)
    return ",".join(f'{name}="{value}"' for name, value in escaped)


def _drill(fields: Fields) -> Drill:
    return Drill(fields.text("server"), fields.text("service"), fields.time("at"), fields.flag("success"),
                 fields.fraction("seconds"), fields.text("backup", "(?s).*"), fields.text("fault", "(?s).*"),
                 fields.time("good_at"), fields.text("good_backup", "(?s).*"))
