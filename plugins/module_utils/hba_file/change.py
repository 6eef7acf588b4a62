# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One file of the server, replaced as a whole: at any moment the former or the new one stands there."""

from __future__ import annotations

import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import GoodNeighborError

BESIDE = ".good_neighbor-"
_MODE = 0o640  # of a file that was not there, and the most that any gets: who writes it enters, and it may hold secrets


@dataclass(frozen=True)
class File:
    """A file as it stands. `path` follows a link; `content` None: it is not there. `name`: as the server calls it."""

    name: str
    path: Path
    content: bytes | None = field(repr=False)
    state: os.stat_result | None

    @property
    def text(self) -> str:
        """What it holds; bytes that are no UTF-8 survive."""
        return (self.content or b"").decode("utf-8", "surrogateescape")

    @property
    def open_to(self) -> str:
        """What others may do with it: `write`, `read`, or nothing."""
        mode = stat.S_IMODE(self.state.st_mode) if self.state else 0
        return "write" if mode & 0o022 else "read" if mode & 0o004 else ""

    @property
    def beside(self) -> Path:
        """Where its successor is written before it takes its place."""
        return self.path.with_name(f"{BESIDE}{self.path.name}")

    @property
    def changed_at(self) -> float:
        """When it was changed last, in seconds since 1970; 0 if it is not there now."""
        try:
            return changed_at(self.path.stat())
        except FileNotFoundError:
            return 0.0


def changed_at(state: os.stat_result) -> float:
    """When a file was changed, or moved to where it stands with an older time of its own, in seconds since 1970. A time to
    come was set by somebody."""
    return max(state.st_mtime if state.st_mtime <= time.time() else 0.0, state.st_ctime)


def found(name: str) -> File:
    """The file as it stands now. Raises GoodNeighborError if it cannot be read."""
    path = Path(os.path.realpath(name))
    try:
        with path.open("rb") as opened:
            return File(name, path, opened.read(), os.fstat(opened.fileno()))
    except FileNotFoundError:
        if not path.parent.is_dir():
            raise GoodNeighborError(f"this host has no folder {path.parent}, where {name} should be: run on the server's "
                                    "own host") from None
        return File(name, path, None, None)
    except OSError as error:
        raise GoodNeighborError(f"{name} cannot be read: {error.strerror}; run as the account that the server runs as "
                                "(become_user: postgres)") from None


def put(file: File, content: bytes) -> None:
    """Writes `content` in the file's place, with its owner, and its mode without what is too open.

    Raises GoodNeighborError; then the former file stands.
    """
    beside = file.beside
    try:
        _fill(beside, file, content)
        # whether a server has read it is told from this time; the kernel's own is some milliseconds late
        now = time.time_ns()
        os.utime(beside, ns=(now, now))
        os.replace(beside, file.path)
        _sync(file.path.parent)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise GoodNeighborError(f"{file.name} cannot be written: {error.strerror}; it is as it was") from None


def put_back(file: File) -> None:
    """Writes what stood there before; a file that was not there is taken away."""
    if file.content is not None:
        put(file, file.content)
    else:
        file.path.unlink(missing_ok=True)
        _sync(file.path.parent)


@contextmanager
def alone(folder: Path, timeout: float) -> Iterator[None]:
    """Keeps two runs apart that write into one folder. The lock is on the folder itself, leaves nothing behind and ends
    with the process."""
    held = os.open(folder, os.O_RDONLY)
    try:
        end = time.monotonic() + timeout
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise GoodNeighborError(f"another run has been writing into {folder} for {timeout:g} seconds; try again "
                                            "when it has ended") from None
                time.sleep(0.05)
        yield
    finally:
        os.close(held)


def _fill(beside: Path, file: File, content: bytes) -> None:
    """The file beside, whole and on the disk, open to nobody but whom it is for at any moment."""
    beside.unlink(missing_ok=True)  # what a killed run left
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        mode = stat.S_IMODE(file.state.st_mode) if file.state else _MODE
        made = os.fstat(descriptor)
        if file.state and (made.st_uid, made.st_gid) != (file.state.st_uid, file.state.st_gid):
            os.fchown(descriptor, file.state.st_uid, file.state.st_gid)
        os.fchmod(descriptor, mode & _MODE)
        opened.write(content)
        opened.flush()
        os.fsync(descriptor)


def _sync(folder: Path) -> None:
    """A new name is on the disk when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
