# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the last audit of a server found, in a small file on the controller: names of rules and places, and no more.

What cannot be read counts as if nothing had been known: then everything is new.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Key = tuple[str, str, str, str]  # rule, database, role, object
STANDING = ("open", "deferred", "unchecked", "excepted")  # what is so, whatever is thought of it
_FORMAT = 1


@dataclass(frozen=True)
class Memory:
    """`since`: when the last audit was, in ISO 8601; empty where none is known. `known`: what stood then. `note`: why
    nothing is known, where that is no first audit."""

    since: str = ""
    known: frozenset[Key] = frozenset()
    note: str = ""


def place(folder: str, server: str, inventory: Sequence[str]) -> Path:
    """The file of one server of one inventory: staging and production may call theirs alike."""
    mark = hashlib.sha256("\n".join(map(os.path.abspath, inventory)).encode()).hexdigest()[:8]
    return Path(folder) / f"{re.sub('[^A-Za-z0-9._-]', '_', server)[:100]}-{mark}.json"


def recall(path: Path) -> Memory:
    """What is remembered."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["format"] != _FORMAT:
            raise ValueError("written by another version")
        known = frozenset(_key(entry) for entry in found["known"])
        return Memory(str(found["since"]), known)
    except FileNotFoundError:
        return Memory()
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is damaged"
        return Memory(note=f"what the last audit found ({path}) cannot be read: {why}; everything counts as new")


def keep(path: Path, since: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """Remembers what stands, for nobody else to read; in a word what went wrong, if anything did."""
    known = sorted({key_of(row) for row in rows if row["state"] in STANDING})
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"format": _FORMAT, "since": since, "known": known}, file)
        os.replace(aside, path)
    except OSError as error:
        with suppress(OSError):
            aside.unlink()
        return f"what this audit found cannot be kept ({path}): {error.strerror}; the next one will not know what is new"
    return ""


def marked(result: Mapping[str, Any], memory: Memory) -> dict[str, Any]:
    """A result with what is `new` in each of its violations, since when (`last_audit`, None where nothing is known), and how
    many `ended` since."""
    rows = [{**row, "new": row["state"] in STANDING and key_of(row) not in memory.known} for row in result["violations"]]
    now = {key_of(row) for row in rows if row["state"] in STANDING}
    return {**result, "violations": rows, "last_audit": memory.since or None, "ended": len(memory.known - now)}


def key_of(row: Mapping[str, Any]) -> Key:
    """What makes a returned violation the same in another audit."""
    return (row["rule"], row["database"] or "", row["role"] or "", row["object"] or "")


def _key(entry: Sequence[object]) -> Key:
    rule, database, role, obj = map(str, entry)
    return rule, database, role, obj
