# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was tried last for each service, kept from run to run: the disk tells which backups are there, not what failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from ..whole_file import write_whole
from .errors import BackupError
from .strict import Fields, dump, load, time_text

FORMAT = 1


@dataclass(frozen=True)
class Attempt:
    """The last attempt: `success` is false from its beginning until it has succeeded; `fault` says why it has not."""

    service: str
    at: datetime
    success: bool
    seconds: float
    fault: str


@dataclass
class History:
    """By service. A file that cannot be read counts as none: the next attempts write it anew."""

    path: Path
    attempts: dict[str, Attempt] = field(default_factory=dict)

    @staticmethod
    def read(path: Path) -> History:
        """What a file says."""
        try:
            fields = load(path.read_bytes(), "the history")
            fields.number("format", FORMAT)
            return History(path, {one.service: one for one in fields.each("attempts", _attempt)})
        except (OSError, BackupError):
            return History(path)

    def put(self, attempt: Attempt) -> None:
        """Remembers an attempt, on the disk too."""
        self.attempts[attempt.service] = attempt
        write_whole(self.path, dump(self._values()), 0o640)

    def _values(self) -> Mapping[str, object]:
        return {"format": FORMAT, "attempts": [{**asdict(one), "at": time_text(one.at)}
                                               for _service, one in sorted(self.attempts.items())]}


def _attempt(fields: Fields) -> Attempt:
    return Attempt(fields.text("service"), fields.time("at"), fields.flag("success"), fields.fraction("seconds"),
                   fields.text("fault", "(?s).*"))
