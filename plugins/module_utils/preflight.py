# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""May this server be changed now? All reasons against it at once, before the first statement of a run that changes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from .record import record
from .catalog.session import Server
from .catalog.snapshot import Snapshot
from .expand.scope import Scope
from .items import Database, ServerSetting
from .order import Step
from .undo import UndoFile

_NEW_DATABASE = 8 * 2**20  # a copy of template0; its pages go through the write-ahead log too
_STEP = 16 * 2**10  # a page of a catalog and its image in the write-ahead log
_PATHS = ("", "pg_wal")


@record(frozen=True)
class Room:
    """Free and needed bytes of the file system on which `path` lies."""

    path: str
    free: int
    needed: int


def reasons(server: Server, scope: Scope, found: Snapshot, steps: Sequence[Step], undo: UndoFile | None) -> list[str]:
    """Why the steps must not run now, each as a sentence without its full stop; empty where they may, or where there are
    none. `undo`: the file that the run would write, None where it writes none."""
    against = stranger(scope, found)
    if not steps:
        return against
    if found.standby:
        against.append("this server is a standby: nothing can be changed here; run against its primary")
    if not found.superuser:
        against.append(f"role {found.user} is no superuser: it cannot change what the matrix asks for; log in as one")
    if found.frozen and not found.standby:
        against.append("this server is read-only: its configuration has default_transaction_read_only = on; whoever set it "
                       "wants no changes now. Set it off and reload, then run again")
    if found.model.get(ServerSetting, "synchronous_standby_names") is not None:
        against.append("every commit waits for a standby of synchronous_standby_names, and none is connected: connect it, "
                       "or empty the setting and reload, then run again")
    if found.superuser and _here(server.parameters):
        against += _too_small(found, steps)
    return against + (_unwritable(undo) if undo is not None else [])


def _unwritable(undo: UndoFile) -> list[str]:
    try:
        undo.probe()
    except OSError as error:
        return [f"the undo file {undo.path} cannot be written: {error.strerror}"]
    return []


def _too_small(found: Snapshot, steps: Sequence[Step]) -> list[str]:
    """The file systems that have less room than the steps may need."""
    return [f"the file system of {room.path} has {_mib(room.free)} free, this run may need {_mib(room.needed)}: make "
            "room there"
            for room in _rooms(found.folder, _needed(steps, found.segment)) if room.free < room.needed]


def stranger(scope: Scope, found: Snapshot) -> list[str]:
    """Why this is not the server that the matrix means; empty where it is, or where the matrix does not say."""
    expected = scope.spec.system_identifier
    if not expected or found.system_identifier == expected:
        return []
    return [f"this is not {scope.spec.name}: its system identifier is {found.system_identifier}, the matrix says {expected};"
            " is the connection right? If the cluster was made anew, correct system_identifier"]


def _here(parameters: Mapping[str, object]) -> bool:
    """Whether the server runs where this module runs: over a socket it does."""
    host = str(parameters.get("host") or "/")
    return host.startswith("/")


def _needed(steps: Sequence[Step], segment: int) -> int:
    """Bytes that the steps may write at most, a new segment of the write-ahead log included."""
    created = sum(isinstance(step.change.item, Database) and step.change.before is None for step in steps)
    return 2 * segment + 2 * created * _NEW_DATABASE + len(steps) * _STEP


def _rooms(folder: str, needed: int) -> list[Room]:
    """Where the server writes, as far as this account may look."""
    found = []
    for path in _PATHS:
        try:
            state = os.statvfs(os.path.join(folder, path))
        except OSError:  # somebody else's folder: nobody but its server can tell
            continue
        found.append(Room(os.path.join(folder, path).rstrip("/"), state.f_bavail * state.f_frsize, needed))
    return found


def _mib(size: int) -> str:
    return f"{size / 2**20:.0f} MiB"
