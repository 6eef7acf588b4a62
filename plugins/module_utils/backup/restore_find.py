# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which backups of a service there are, and the one to restore."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from . import layout, stream
from .errors import BackupError
from .manifest import Manifest, from_json
from .strict import LARGEST

NEWEST = "newest"


@dataclass(frozen=True)
class Shelf:
    """A place with backups: a folder of this host, or what rclone calls a place, with its configuration.

    `account`: whom rclone runs as; None is whoever we are.
    """

    root: str
    rclone_config: str = ""
    account: str | None = None

    @property
    def _rclone(self) -> tuple[str, ...]:
        return ("rclone", "--config", self.rclone_config, "--quiet", "--contimeout", "30s", "--timeout", "5m")

    def names(self, server: str, service: str) -> list[str]:
        """The names of what lies there for a service. Raises BackupError where the place does not answer."""
        path = f"{self.root}/{layout.path(server, service)}"
        if not self.rclone_config:
            try:
                return [found.name for found in Path(path).iterdir()]
            except FileNotFoundError:
                return []
            except OSError as error:
                raise BackupError(f"{path} cannot be read: {error.strerror}") from None
        return self._listed(path)

    def source(self, server: str, service: str, name: str) -> stream.Source:
        """The parts of one backup."""
        folder = f"{self.root}/{layout.path(server, service)}/{name}"
        if not self.rclone_config:
            return stream.Source(folder)
        return stream.Source(folder, (*self._rclone, "cat"), self.account)

    def _listed(self, path: str) -> list[str]:
        try:
            done = subprocess.run([*self._rclone, "lsf", "--dirs-only", path], capture_output=True, text=True, check=False,
                                  stdin=subprocess.DEVNULL, cwd="/", env=stream.environment(),
                                  **stream.as_account(self.account))
        except FileNotFoundError:
            raise BackupError("rclone is not installed here") from None
        if done.returncode == 3:  # no such folder: https://rclone.org/docs/#exit-code
            return []
        if done.returncode:
            raise BackupError(f"{path} does not answer: {' '.join(done.stderr.split())[:500]}")
        return [line.rstrip("/") for line in done.stdout.splitlines()]


def chosen(names: Iterable[str], at: str, now: datetime, what: str) -> str:
    """The backup named `at`, or the newest that is not dated in the future. `what`: whose they are, for errors."""
    dated = layout.dated(names, now)
    if at == NEWEST:
        if dated.newest is None:
            ahead = f"; {len(dated.future)} are dated in the future" if dated.future else ""
            raise BackupError(f"there is no backup of {what}{ahead}")
        return dated.newest
    layout.parse_stamp(at)
    if at in dated.good + dated.future:
        return at
    there = ", ".join(dated.good[-5:]) or "none"
    raise BackupError(f"there is no backup {at} of {what}; the last ones are {there}")


def manifest(source: stream.Source, keys: stream.Keys, server: str, service: str, name: str) -> Manifest:
    """The manifest of a backup. Raises BackupError where it is damaged, or of another backup than its place says."""
    found = from_json(stream.read(source, layout.MANIFEST, keys, LARGEST))
    if (found.server, found.service) != (server, service):
        raise BackupError(f"the manifest is of service {found.service} of {found.server}, and lies in the place of "
                          f"{service} of {server}: somebody moved it")
    if layout.stamp(found.started) != name:
        raise BackupError(f"the manifest is of backup {layout.stamp(found.started)}, and lies in the place of {name}: "
                          "somebody moved it")
    return found


def from_the_future(found: Manifest, now: datetime) -> str:
    """What is wrong with the time of a backup; empty: nothing."""
    ahead: timedelta = found.started - now
    if ahead > layout.CLOCKS_DIFFER:
        return (f"the manifest is dated in the future ({layout.stamp(found.started)}): a clock is wrong, or somebody "
                "forged it")
    return ""
