# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The backups of one server on its own disk. A folder has its name only when it is complete and on the disk for good."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from . import layout, receipt
from .errors import BackupError
from .manifest import Content
from .receipt import Receipt

FOLDER = 0o750  # the group may read; the server's folder hands its group down (setgid)


class Store:
    """`root` is the folder of the server's backups. One process at a time works here: it holds the lock."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def service(self, service: str) -> Path:
        """The folder of one service."""
        return self.root / layout.folder(service)

    def folders(self) -> tuple[str, ...]:
        """Names of the services that have one, whatever the matrix says."""
        return tuple(sorted(_named(entry.name) for entry in self._entries(self.root) if _is_service(entry.name)))

    def dated(self, service: str, now: datetime) -> layout.Dated:
        """The complete backups of a service."""
        complete = (entry.name for entry in self._entries(self.service(service))
                    if all((entry / name).is_file() for name in layout.ENCRYPTED))
        return layout.dated(complete, now)

    def dump_size(self, service: str, name: str) -> int:
        """Bytes of the encrypted dump."""
        return (self.service(service) / name / layout.DUMP).stat().st_size

    def size(self, service: str, name: str) -> int:
        """Bytes of all encrypted files."""
        return sum((self.service(service) / name / file).stat().st_size for file in layout.ENCRYPTED)

    def free(self) -> int:
        """Bytes that may still be written."""
        return shutil.disk_usage(self.root).free

    def sweep(self) -> tuple[str, ...]:
        """Removes what killed runs have left; what was removed, as service/folder."""
        left = [entry for folder in self._entries(self.root) for entry in self._entries(folder)
                if layout.is_partial(entry.name)]
        for folder in left:
            shutil.rmtree(folder)
        return tuple(f"{folder.parent.name}/{folder.name}" for folder in left)

    def remove(self, service: str, name: str) -> None:
        """Removes a backup: it loses its name first, so that nobody finds half of it."""
        folder = self.service(service) / name
        aside = folder.with_name(layout.partial(name))
        folder.rename(aside)
        shutil.rmtree(aside)

    @contextmanager
    def making(self, service: str, name: str) -> Iterator[Path]:
        """A folder to fill, which becomes backup `name` when the block ends well and is gone when it does not."""
        home = self.service(service)
        aside = home / layout.partial(name)
        try:
            home.mkdir(mode=FOLDER, exist_ok=True)
            if (home / name).exists():
                raise BackupError(f"there is a backup {name} of {service} already")
            aside.mkdir(mode=0o700)
            yield aside
            aside.chmod(FOLDER)
            _to_disk(aside)
            aside.rename(home / name)
            _to_disk(home)
        except OSError as error:
            raise BackupError(f"the backup could not be put on the disk: {error.strerror}") from error
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def receipt(self, service: str, name: str) -> Receipt | None:
        """The receipt of a backup, where it can be read."""
        with suppress(OSError, BackupError):
            return receipt.from_json((self.service(service) / name / layout.RECEIPT).read_bytes())
        return None

    def newest_offsite(self, service: str, now: datetime) -> str | None:
        """The newest backup of which we know that it was found offsite."""
        known = (name for name in reversed(self.dated(service, now).good)
                 if (found := self.receipt(service, name)) and found.offsite)
        return next(known, None)

    @staticmethod
    def _entries(folder: Path) -> list[Path]:
        try:
            return sorted(entry for entry in folder.iterdir() if entry.is_dir() and not entry.is_symlink())
        except FileNotFoundError:
            return []


def measured(path: Path) -> Content:
    """Size and checksum of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1024 * 1024):
            digest.update(chunk)
    return Content(path.stat().st_size, digest.hexdigest())


def _to_disk(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_service(name: str) -> bool:
    with suppress(BackupError):
        layout.name_of(name)
        return True
    return False


def _named(name: str) -> str:
    return layout.name_of(name)
