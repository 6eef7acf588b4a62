# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a backup lies and what its parts are called, on the database host, offsite, and for whoever restores it.

    ROOT/SERVER/SERVICE/20261128T021500Z/    dump.age  globals.age  manifest.age  receipt.json (never offsite)
    ROOT/SERVER/SERVICE/.20261128T021500Z.partial/    one that is being made, or whose making was killed

Offsite, ROOT is the remote. A folder gets its name only when it is complete.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from urllib.parse import quote, unquote

from .errors import BackupError

DUMP, GLOBALS, MANIFEST, RECEIPT = "dump.age", "globals.age", "manifest.age", "receipt.json"
ENCRYPTED = (DUMP, GLOBALS, MANIFEST)  # what makes a backup; the manifest is written last
CLOCKS_DIFFER = timedelta(minutes=5)  # what is dated further ahead is from the future
LONGEST = 200  # characters of a folder's name: file systems take 255 bytes, and a partial one's is longer
_STAMP = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_PARTIAL = re.compile(r"\.([0-9]{8}T[0-9]{6}Z)\.partial")


def stamp(time: datetime) -> str:
    """The name of a backup that was begun at `time` (with a time zone): UTC, whole seconds."""
    return time.astimezone(timezone.utc).strftime("%Y%m%dT%H%M%SZ")


def parse_stamp(text: str) -> datetime:
    """The time that a backup's name says. Raises BackupError where it is none."""
    if _STAMP.fullmatch(text):
        try:
            return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
        except ValueError:  # a month 13
            pass
    raise BackupError(f"{text!r} is no name of a backup; such a name is a time in UTC like 20261128T021500Z")


def is_stamp(text: str) -> bool:
    """Whether `text` is the name of a complete backup."""
    try:
        parse_stamp(text)
    except BackupError:
        return False
    return True


def partial(name: str) -> str:
    """What the folder of backup `name` is called while it is made."""
    return f".{name}.partial"


def is_partial(text: str) -> bool:
    """Whether `text` is the folder of a backup that is not complete."""
    found = _PARTIAL.fullmatch(text)
    return found is not None and is_stamp(found[1])


def folder(name: str) -> str:
    """A server's or service's name as the name of one folder: letters, digits and _.-~ as they are, the rest as %XX.

    Raises BackupError where it is empty or too long for a file system.
    """
    encoded = quote(name, safe="")
    if encoded.startswith("."):
        encoded = "%2E" + encoded[1:]
    if not encoded or len(encoded) > LONGEST:
        raise BackupError(f"the name {name[:60]!r} cannot be that of a folder: it has {len(encoded)} characters when its "
                          f"special ones are written as %XX, and there may be 1 to {LONGEST}")
    return encoded


def name_of(folder_name: str) -> str:
    """The server's or service's name that a folder stands for. Raises BackupError where it stands for none."""
    try:
        name = unquote(folder_name, errors="strict")
        if folder(name) == folder_name:
            return name
    except UnicodeDecodeError:
        pass
    raise BackupError(f"{folder_name!r} is no folder of a server or a service")


def path(*parts: str) -> str:
    """Where the backups of a server, or of one of its services, lie below the root: `path(server, service)`."""
    return "/".join(folder(part) for part in parts)


@dataclass(frozen=True)
class Dated:
    """The names of a service's complete backups, oldest first, parted by the clock of who looks."""

    good: tuple[str, ...]
    future: tuple[str, ...]  # dated ahead of the clock: a fault; never the newest, never counted, never removed

    @property
    def newest(self) -> str | None:
        """The newest backup that is not from the future."""
        return self.good[-1] if self.good else None


def dated(names: Iterable[str], now: datetime) -> Dated:
    """What of a folder's `names` are complete backups; all else is left out."""
    stamps = sorted(name for name in names if is_stamp(name))
    latest = stamp(now + CLOCKS_DIFFER)
    return Dated(tuple(name for name in stamps if name <= latest), tuple(name for name in stamps if name > latest))
