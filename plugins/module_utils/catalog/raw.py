# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From raw catalog rows to items: what the shared part and the inside of a database have in common."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

from .. import acl
from ..items import Obj, Owner, Thing
from .session import Cursor
from .snapshot import Snapshot

_PAUSES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2)  # seconds between the tries
# undefined table, object, function, schema, database; internal: cache lookup failed
_DROPPED = ("42P01", "42704", "42883", "3F000", "3D000", "XX000")
_CONSTANT = re.compile(r":constvalue \d+ \[ ([-\d ]+) \]")


def rows(cursor: Cursor, query: str) -> list[tuple[Any, ...]]:
    """What `query` yields. Asked again where something that it looks at was dropped in the same moment: many of the server's
    functions look it up as it is by then, and find nothing."""
    for pause in (*_PAUSES, None):
        try:
            cursor.execute(query)
            break
        except Exception as error:  # the driver's errors have one base, which only a connection knows
            if pause is None or getattr(error, "pgcode", None) not in _DROPPED:
                raise
            time.sleep(pause)
    return cursor.fetchall()


def name_of(names: Mapping[int, str], oid: int) -> str:
    """A role's name; one that is gone keeps its number, as in ACLs."""
    return names.get(oid, str(oid))


def spoken(found: Sequence[tuple[Any, ...]], database: str, snapshot: Snapshot) -> None:
    """Where passwords of the matrix stand in what somebody has written: rows of (place, text). The texts stay here."""
    if not found:
        return
    found = [(place, _meant(text)) for place, text in found]
    secrets = sorted((role, secret) for role, secret in snapshot.secrets.items() if secret)
    everything = "\n".join(text for _place, text in found)
    for role, secret in secrets:
        if secret in everything:
            for place, text in found:
                if secret in text:
                    snapshot.model.put(Thing(database, "secret in the open", place, role))


def _meant(text: str) -> str:
    """A text, and what its quotes and the constants of an expression mean: the server keeps these byte by byte."""
    if "''" in text or "\\\\" in text:
        text += "\n" + text.replace("''", "'").replace("\\\\", "\\")
    if ":constvalue" not in text:
        return text
    kept = (bytes(int(byte) & 0xFF for byte in constant.split()) for constant in _CONSTANT.findall(text))
    return "\n".join([text, *(constant.decode("utf-8", "replace") for constant in kept)])


def put(snapshot: Snapshot, obj: Obj, owner: str, text: str | None, linked: str = "") -> None:
    """An object's owner and its grants."""
    snapshot.model.put(Owner(obj, owner, linked))
    for grant in acl.grants(obj, text, owner, snapshot.major):
        snapshot.model.put(grant)
