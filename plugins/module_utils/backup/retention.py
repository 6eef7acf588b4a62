# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which backups may go, and whether a new one is too small to be right. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from . import layout
from .errors import BackupError


def expired(good: Sequence[str], now: datetime, days: int, least: int) -> tuple[str, ...]:
    """Which of the `good` backups (oldest first, none from the future) are older than `days`, the newest `least` apart."""
    oldest = layout.stamp(now - timedelta(days=days))
    return tuple(name for name in good[: max(0, len(good) - least)] if name < oldest)


def check_size(size: int, last: int | None, share: float, place: str = "here") -> None:
    """Raises BackupError where a dump of `size` bytes is less than `share` of the `last` one at that place."""
    if last is not None and size < last * share:
        raise BackupError(
            f"the dump has {size} bytes, the last good one {place} {last}: less than {share:g} of it. It was not kept "
            f"{place}, and the last good one stays. If so much was really deleted, run the program once by hand with "
            "--accept-smaller")


def check_room(free: int, last: int | None) -> None:
    """Raises BackupError where `free` bytes are less than the `last` backup took, and a fifth more."""
    needed = int((last or 0) * 1.2)
    if free < needed:
        raise BackupError(f"there are {free} bytes of room for a backup, and {needed} are needed; nothing was removed")
