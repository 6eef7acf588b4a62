# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which backups there are, as text for a person and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from ..text_table import table
from .config import Config
from .history import History
from .store import Store
from .strict import time_text

TITLES = ("service", "newest backup", "offsite", "bytes", "kept", "last attempt", "remarks")


def overview(config: Config, now: datetime) -> list[dict[str, object]]:
    """One mapping for each service of the matrix, and for each folder of one that is not in it any more."""
    store, history = Store(config.root), History.read(Path(config.state) / "history.json")
    known = {service.service: service for service in config.services}
    found: list[dict[str, object]] = []
    for name in [*known, *(folder for folder in store.folders() if folder not in known)]:
        backups, attempt = store.dated(name, now), history.attempts.get(name)
        offsite = store.newest_offsite(name, now)
        found.append({
            "service": name, "database": known[name].database if name in known else None, "in_matrix": name in known,
            "backups": list(backups.good), "future": list(backups.future), "newest": backups.newest, "offsite": offsite,
            "bytes": store.size(name, backups.newest) if backups.newest else None,
            "last_attempt": time_text(attempt.at) if attempt else None, "success": attempt.success if attempt else None,
            "fault": attempt.fault if attempt else ""})
    return found


def text(rows: Sequence[Mapping[str, object]]) -> list[str]:
    """The lines of a table."""
    cells = [[row["service"], row["newest"], row["offsite"], row["bytes"], _count(row["backups"]), _state(row["success"]),
              _remarks(row)] for row in rows]
    return table(TITLES, cells)


def _count(names: object) -> int:
    return len(names) if isinstance(names, list) else 0


def _state(success: object) -> str:
    return "never" if success is None else "ok" if success else "FAILED"


def _remarks(row: Mapping[str, object]) -> str:
    found = [] if row["in_matrix"] else ["not in the matrix (renamed or removed): nothing of it is ever removed here"]
    if _count(row["future"]):
        found.append(f"{_count(row['future'])} dated in the future")
    return "; ".join([*found, *([str(row["fault"])] if row["fault"] else [])])
