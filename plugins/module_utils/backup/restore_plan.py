# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a restore has to do: names, what a killed one left, and whether it is done already. Touches nothing.

A restore is known by comments that a superuser writes on databases: on the one that is being filled (no owner but a
superuser has it, nobody else may connect), and on what it became. A comment on a database in use can be changed by its
owner; all that he gains is that a restore is taken for done, which is told and can be overridden.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass

from . import layout
from .errors import BackupError

BESIDE, IN_PLACE = "beside", "in_place"
PLACES = (BESIDE, IN_PLACE)
LOCAL, OFFSITE = "local", "offsite"
ORIGINS = (LOCAL, OFFSITE)
FILLING, COMPLETE, RESTORED, KEPT = "filling", "complete", "restored", "kept"
_LONGEST = 63  # bytes of a name in PostgreSQL
_MARK = re.compile(r"good_neighbor: (filling|complete|restored|kept) (\S+) ([0-9]{8}T[0-9]{6}Z)")
WORK = "_restoring"
KEPT_DAYS = 30


@dataclass(frozen=True)
class Found:
    """A database that is there: whether a superuser owns it, and whether it refuses connections."""

    name: str
    ours: bool
    closed: bool = False
    comment: str | None = None

    @property
    def unfinished(self) -> bool:
        """Whether it is what a killed restore was filling. One that was not even marked is closed still."""
        match = _MARK.fullmatch(self.comment or "")
        begun = self.closed and self.comment is None and self.name.endswith(WORK)
        return self.ours and (begun or match is not None and match[1] == FILLING)


@dataclass(frozen=True)
class Wanted:
    """What is asked for: backup `stamp` of `service`; `now` is what the copy that is kept is named for."""

    service: str
    database: str
    stamp: str
    place: str
    now: datetime.datetime
    again: bool = False


@dataclass(frozen=True)
class Names:
    """`work` is filled; it becomes `target`. `kept` is what the live one is called then, where there is one."""

    work: str
    target: str
    kept: str


@dataclass(frozen=True)
class Plan:
    """`done`: nothing is to do. `drop`: databases that killed restores left half filled. `fill`: whether the dump is still
    to be read. `exchange`: whether a live database gives way."""

    names: Names
    done: bool = False
    drop: tuple[str, ...] = ()
    fill: bool = True
    exchange: bool = False


def names(wanted: Wanted) -> Names:
    """The names, none longer than PostgreSQL takes."""
    work = _with(wanted.database, WORK)
    kept = _with(wanted.database, f"_before_{_plain(layout.stamp(wanted.now))}")
    target = wanted.database if wanted.place == IN_PLACE else _with(wanted.database, f"_restored_{_plain(wanted.stamp)}")
    return Names(work, target, kept)


def mark(state: str, service: str, stamp: str) -> str:
    """The comment that says what a database is to a restore."""
    return f"good_neighbor: {state} {service} {stamp}"


def plan(wanted: Wanted, found: Mapping[str, Found]) -> Plan:
    """What is to do, by what is there. Raises BackupError where a name is taken by what is not ours."""
    chosen = names(wanted)
    target, work = found.get(chosen.target), found.get(chosen.work)
    is_there = target is not None and _state(target, wanted) == RESTORED
    if is_there and not (wanted.again and wanted.place == IN_PLACE):
        return Plan(chosen, done=True)
    if target is not None and wanted.place == BESIDE:
        raise BackupError(f"there is a database {chosen.target} that no restore made: rename it, and run again")
    if wanted.place == IN_PLACE and chosen.kept in found:
        raise BackupError(f"there is a database {chosen.kept} already: run again in a second")
    if work is not None and not (work.unfinished or work.ours and _MARK.fullmatch(work.comment or "")):
        raise BackupError(f"there is a database {chosen.work} that no restore made: rename it, and run again")
    whole = work is not None and _state(work, wanted) == COMPLETE
    drop = {name for name, one in found.items() if one.unfinished} | ({chosen.work} if work and not whole else set())
    return Plan(chosen, drop=tuple(sorted(drop)), fill=not whole,
                exchange=wanted.place == IN_PLACE and target is not None)


def exceptions(server: str, database: str, today: datetime.date, reason: str) -> str:
    """The lines that accept a copy which is kept for a while, as they stand in good_neighbor_servers."""
    until = (today + datetime.timedelta(days=KEPT_DAYS)).isoformat()
    return (f"  {server}:\n    exceptions:\n      - rule: database-unallocated\n        object: {database}\n"
            f"        reason: {reason}\n        expires: \"{until}\"")


def _state(found: Found, wanted: Wanted) -> str | None:
    match = _MARK.fullmatch(found.comment or "")
    return match[1] if match and (match[2], match[3]) == (wanted.service, wanted.stamp) else None


def _plain(stamp: str) -> str:
    """20261128T021500Z as part of a name that nobody has to quote."""
    return stamp.replace("T", "_").rstrip("Z")


def _with(database: str, suffix: str) -> str:
    """The name with the suffix; cut where it would be too long, between two characters."""
    room = _LONGEST - len(suffix.encode())
    return database.encode()[:room].decode("utf-8", "ignore") + suffix
