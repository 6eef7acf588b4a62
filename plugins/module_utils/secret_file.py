# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A file with a secret in it: whole or not there, and at no moment open to anybody but whom it is for.

ansible.builtin.copy gives a new file the mode of the umask first and its own a moment later. Here a file gets owner and
mode while it is empty and unnamed to everybody else, then its content, then its name. Nothing follows a symbolic link:
the folder may belong to the service.

A run may be killed at any moment. What it had half written is removed by the next one: nobody holds its lock any more
(https://man7.org/linux/man-pages/man2/flock.2.html). That a service has yet to read its new file is noted beside it before
the file is there.
"""

from __future__ import annotations

import contextlib
import fcntl
import grp
import os
import pwd
import stat
import tempfile
from dataclasses import dataclass, field

from .errors import GoodNeighborError

_HALF, _UNREAD = ".good_neighbor.new.", ".good_neighbor.unread."  # how files beside those of the services begin


@dataclass(frozen=True)
class SecretFile:
    """A file as it should be. `owner`, `group`: None is the running account."""

    path: str
    content: str = field(repr=False)
    owner: str | None = None
    group: str | None = None
    mode: str = "0640"


def is_as_wanted(file: SecretFile) -> bool:
    """Whether the file stands already, with this content, owner, group and mode."""
    try:
        descriptor = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        if os.path.islink(file.path):
            return False
        raise GoodNeighborError(f"{file.path} cannot be read: {error.strerror}") from None
    with os.fdopen(descriptor, "rb") as opened:
        found = os.fstat(opened.fileno())
        wanted = (stat.S_IFREG | int(file.mode, 8), _uid(file), _gid(file))
        return (found.st_mode, found.st_uid, found.st_gid) == wanted and opened.read() == file.content.encode()


def mark(path: str) -> str:
    """The path of the note that the service has not read its file again."""
    folder, name = os.path.split(path)
    return os.path.join(folder, f"{_UNREAD}{name}")


def remove_half(path: str) -> None:
    """Removes what killed runs have left in the folder of `path`."""
    folder = os.path.dirname(path)
    with contextlib.suppress(OSError):  # no such folder: nothing is left in it
        for name in os.listdir(folder):
            if name.startswith(_HALF):
                _remove_unheld(os.path.join(folder, name))


def _remove_unheld(path: str) -> None:
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(path)
        finally:
            os.close(descriptor)


def write(file: SecretFile, *, unread: bool = False) -> None:
    """Puts the file in its place; a folder that is missing is made. With `unread` it is noted first that nobody has read it.
    Raises GoodNeighborError in words without secrets."""
    uid, gid = _uid(file), _gid(file)
    folder = os.path.dirname(file.path)
    umask = os.umask(0o022)  # os.makedirs gives its mode to the last folder only
    try:
        os.makedirs(folder, exist_ok=True)
        descriptor, beside = tempfile.mkstemp(prefix=_HALF, dir=folder)
    except OSError as error:
        raise GoodNeighborError(f"{file.path}: nothing can be written into {folder}: {error.strerror}") from None
    finally:
        os.umask(umask)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if (uid, gid) != (os.geteuid(), os.getegid()):
                os.fchown(descriptor, uid, gid)
            os.fchmod(descriptor, int(file.mode, 8))
            opened.write(file.content.encode())
            opened.flush()
            os.fsync(descriptor)
            if unread:
                os.close(os.open(mark(file.path), os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600))
            os.replace(beside, file.path)
    except OSError as error:
        os.unlink(beside)
        raise GoodNeighborError(f"{file.path} cannot be written for {file.owner}:{file.group}: {error.strerror}") from None


def _uid(file: SecretFile) -> int:
    if file.owner is None:
        return os.geteuid()
    try:
        return int(file.owner) if file.owner.isdigit() else pwd.getpwnam(file.owner).pw_uid
    except KeyError:
        raise GoodNeighborError(f"{file.path}: this host has no account {file.owner}") from None


def _gid(file: SecretFile) -> int:
    if file.group is None:
        return os.getegid()
    try:
        return int(file.group) if file.group.isdigit() else grp.getgrnam(file.group).gr_gid
    except KeyError:
        raise GoodNeighborError(f"{file.path}: this host has no group {file.group}") from None
