# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Copies in another place, carried there by rclone, and compared there byte by byte.

What the other place answers is not trusted: names that are none of ours are left alone, and only what was read back counts.
https://rclone.org/commands/rclone_check/
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from . import commands, layout
from .commands import Deadline
from .errors import BackupError

# a place that says nothing for a minute has gone
_OPTIONS = ("--contimeout=20s", "--timeout=60s", "--retries=1", "--low-level-retries=3", "--quiet")
_NO_FOLDER = 3  # https://rclone.org/docs/#exit-code


class Remote:
    """`place` is a remote of rclone and the folder of the server's backups on it, as `offsite:/data/voice-ninja.com`."""

    def __init__(self, place: str, environment: Mapping[str, str]) -> None:
        self.place, self.environment = place, environment

    def sizes(self, service: str, deadline: Deadline) -> dict[str, int]:
        """The complete backups of a service, by name: bytes of their encrypted dumps."""
        status, output, said = self._rclone(deadline, "lsjson", "--recursive", "--files-only", self._at(service))
        if status == _NO_FOLDER:
            return {}
        if status:
            raise BackupError(f"the place offsite cannot be read: {said}")
        return complete(output)

    def dated(self, service: str, now: datetime, deadline: Deadline) -> layout.Dated:
        """The complete backups of a service."""
        return layout.dated(self.sizes(service, deadline), now)

    def copy(self, service: str, folder: Path, deadline: Deadline) -> None:
        """Copies a complete backup, compares what lies there with what lies here, and then gives it its name. Raises
        BackupError where anything of it fails; then no backup of that name is there."""
        there = self._at(service)
        self._sweep(there, deadline)
        aside = f"{there}/{layout.partial(folder.name)}"
        only = ("--include", "/*.age")
        self._must("could not be copied offsite", deadline, "copy", *only, str(folder), aside)
        self._must("is not offsite what it is here", deadline, "check", "--download", *only, str(folder), aside)
        self._must("could not get its name offsite", deadline, "moveto", aside, f"{there}/{folder.name}")
        if self.sizes(service, deadline).get(folder.name) != (folder / layout.DUMP).stat().st_size:
            raise BackupError(f"backup {folder.name} is not offsite, though rclone said so")

    def remove(self, service: str, name: str, deadline: Deadline) -> None:
        """Removes a backup there."""
        self._must("could not be removed offsite", deadline, "purge", f"{self._at(service)}/{name}")

    def _sweep(self, there: str, deadline: Deadline) -> None:
        """Removes what killed runs have left there."""
        status, output, said = self._rclone(deadline, "lsf", "--dirs-only", "--dir-slash=false", there)
        if status not in (0, _NO_FOLDER):
            raise BackupError(f"the place offsite cannot be read: {said}")
        for name in output.decode(errors="replace").split("\n") if status == 0 else ():
            if layout.is_partial(name):
                self._must("could not be removed offsite", deadline, "purge", f"{there}/{name}")

    def _at(self, service: str) -> str:
        return f"{self.place.rstrip('/')}/{layout.folder(service)}"

    def _must(self, fault: str, deadline: Deadline, *words: str) -> None:
        status, _output, said = self._rclone(deadline, *words)
        if status:
            raise BackupError(f"the backup {fault}: {said or f'rclone failed with status {status}'}")

    def _rclone(self, deadline: Deadline, *words: str) -> tuple[int, bytes, str]:
        return commands.run(["rclone", *_OPTIONS, *words], self.environment, deadline)


def complete(listing: bytes) -> dict[str, int]:
    """What rclone's `lsjson` tells of complete backups: name and bytes of the dump."""
    found: dict[str, dict[str, int]] = {}
    try:
        for entry in json.loads(listing):
            folder, _slash, file = str(entry["Path"]).partition("/")
            if layout.is_stamp(folder) and file in layout.ENCRYPTED:
                found.setdefault(folder, {})[file] = int(entry["Size"])
    except (ValueError, KeyError, TypeError) as error:
        raise BackupError("the place offsite was listed in words that are not rclone's") from error
    return {folder: sizes[layout.DUMP] for folder, sizes in found.items() if sizes.keys() == set(layout.ENCRYPTED)}
