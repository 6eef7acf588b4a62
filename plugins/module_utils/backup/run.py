# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A whole run: one at a time on a host, one service after the other, critical ones first; what fails stops nothing else."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path

from ..errors import GoodNeighborError
from ..whole_file import write_whole
from . import layout, metrics
from .config import Config, Service
from .errors import BackupError
from .history import Attempt, History
from .metrics import Sample
from .service import Made, Maker
from .store import Store

Say = Callable[[str], None]
METRICS = "public/good_neighbor_backup.prom"


class Busy(BackupError):
    """Another run is at work."""


@contextmanager
def alone(state: Path) -> Iterator[None]:
    """Holds the lock. Raises Busy where somebody else does."""
    with open(state / "lock", "w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy("another run makes backups now; this one has done nothing") from None
        yield


class Run:
    """Backups of some or all services of `config`. `say` takes one line for a person."""

    def __init__(self, config: Config, say: Say) -> None:
        self.config, self.say = config, say
        self.state, self.store = Path(config.state), Store(config.root)

    def run(self, names: tuple[str, ...] = (), accept_smaller: bool = False) -> bool:
        """Whether all went well. Raises Busy, or BackupError where a name is unknown; then nothing was done."""
        chosen = self.config.chosen(names)
        with alone(self.state):
            self.history = History.read(self.state / "history.json")
            for folder in self.store.sweep():
                self.say(f"{folder}: a backup that a killed run had begun was removed")
            maker = Maker(self.config, self.store, accept_smaller)
            well = [self._one(maker, service) for service in chosen]
            return all(well)

    def _one(self, maker: Maker, service: Service) -> bool:
        now, began = datetime.now(timezone.utc).replace(microsecond=0), time.monotonic()
        noted = self._note(Attempt(service.service, now, False, 0.0, "it was begun, and has not come to its end"))
        made: Made | None = None
        try:
            made = maker.back_up(service, now)
            fault = made.fault
        except GoodNeighborError as error:
            fault = str(error)
        except Exception as error:  # of one service: the others still get theirs
            fault = f"unexpected {type(error).__name__}: {error}"
        noted &= self._note(Attempt(service.service, now, not fault, time.monotonic() - began, fault))
        self.say(_told(service, made, fault))
        return noted and not fault

    def _note(self, attempt: Attempt) -> bool:
        """Whether history and metrics could be written. Old metrics that cannot be replaced are removed: they would lie."""
        path = self.state / METRICS
        try:
            self.history.put(attempt)
            path.parent.mkdir(mode=0o755, exist_ok=True)
            write_whole(path, metrics.text(self.samples(datetime.now(timezone.utc))).encode(), 0o644)
        except OSError as error:
            with suppress(OSError):
                path.unlink(missing_ok=True)
            self.say(f"{attempt.service}: the metrics could not be written: {error.strerror}")
            return False
        return True

    def samples(self, now: datetime) -> list[Sample]:
        """The metrics of all services."""
        return [self._sample(service, now) for service in self.config.services]

    def _sample(self, service: Service, now: datetime) -> Sample:
        found, attempt = self.store.dated(service.service, now), self.history.attempts.get(service.service)
        values = {"last_success_timestamp_seconds": _seconds(found.newest), "future": len(found.future),
                  "count": len(found.good), "last_attempt_timestamp_seconds": attempt.at.timestamp() if attempt else 0}
        if found.newest:
            values["size_bytes"] = self.store.size(service.service, found.newest)
        if service.offsite:
            values["offsite_last_success_timestamp_seconds"] = _seconds(self.store.newest_offsite(service.service, now))
        if attempt:
            values.update(success=int(attempt.success), duration_seconds=attempt.seconds)
        labels = {"server": self.config.server, "service": service.service, "database": service.database,
                  "priority": service.priority}
        return Sample(tuple(labels.items()), values)


def _seconds(name: str | None) -> float:
    return layout.parse_stamp(name).timestamp() if name else 0


def _told(service: Service, made: Made | None, fault: str) -> str:
    what = f"backup {made.name}, {made.receipt.size} bytes in {made.receipt.seconds:.1f} s" if made else "no backup"
    if made and made.receipt.offsite:
        what += ", offsite too"
    return f"{service.service}: FAILED, {what}: {fault}" if fault else f"{service.service}: {what}"
