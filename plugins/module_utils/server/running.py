# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does the running server read our file, and live by it? Files say nothing: the server is asked.

https://www.postgresql.org/docs/current/view-pg-file-settings.html
https://www.postgresql.org/docs/current/view-pg-settings.html
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .. import sql
from ..catalog.session import Cursor
from ..errors import ServerError
from ..hba_file.change import changed_at

AUTO = "postgresql.auto.conf"  # where ALTER SYSTEM writes; it is read last
PATIENCE = 10  # seconds for the postmaster to read its files again
TICK = 0.01  # seconds: so late the kernel's stamp on a file may be

FILES = """
SELECT sourcefile, sourceline, name, setting, error FROM pg_catalog.pg_file_settings ORDER BY seqno"""
KINDS = """
SELECT pg_catalog.lower(name), context, source FROM pg_catalog.pg_settings"""
# what the command line says wins after a restart too
PENDING = """
SELECT name FROM pg_catalog.pg_settings
WHERE pending_restart AND source <> 'command line' AND pg_catalog.lower(name) = ANY (%s) ORDER BY name"""
LOADED = "SELECT pg_catalog.date_part('epoch', pg_catalog.pg_conf_load_time())::float8"
RELOAD = "SELECT pg_catalog.pg_reload_conf()"


@dataclass(frozen=True)
class Line:
    """One line of a file of settings, as the server reads it now."""

    file: str
    number: int
    name: str
    value: str
    error: str


@dataclass
class Report:
    """What is to be done (`undo`: names that ALTER SYSTEM changed; `reload`), and what is left to say."""

    undo: list[str] = field(default_factory=list)
    elsewhere: dict[str, str] = field(default_factory=dict)  # name → the file that wins over ours
    reload: bool = False
    pending: list[str] = field(default_factory=list)


def lines(cursor: Cursor) -> list[Line]:
    """All lines of all files, in the order in which the last one wins."""
    cursor.execute(FILES)
    return [Line(file or "", number or 0, name or "", value or "", error or "")
            for file, number, name, value, error in cursor.fetchall()]


def judge(found: Sequence[Line], kinds: Mapping[str, tuple[str, str]], path: str, wanted: Mapping[str, str]) -> Report:
    """Compares what the server reads with what our file says. Raises ServerError where it does not read it, or cannot.

    `kinds`: context and source of each setting. A value that ALTER SYSTEM has changed is to be taken back; one that another
    file or the command line changes after ours is somebody's choice, and is said. The server finds settings by any letter
    case: https://www.postgresql.org/docs/current/config-setting.html
    """
    if wanted and not [line for line in found if line.file == path]:
        raise ServerError(f"the server does not read {path}: postgresql.conf lacks the line include_dir = 'conf.d'")
    for line in found:
        waits = kinds.get(line.name.lower(), ("", ""))[0] == "postmaster"
        if line.error and not waits:
            raise ServerError(f"the server refuses {line.file} line {line.number}, {line.name or 'a line'}: {line.error}")
    report = Report()
    last = {line.name.lower(): line for line in found}
    for name, value in wanted.items():
        winner = last.get(name.lower())
        if kinds.get(name.lower(), ("", ""))[1] == "command line":
            report.elsewhere[name] = "its command line (pg_ctl.conf)"
        elif winner is not None and winner.file != path and winner.value != value:
            if winner.file.rpartition("/")[2] == AUTO:
                report.undo.append(name)
            else:
                report.elsewhere[name] = winner.file
    return report


def look(cursor: Cursor, path: str, wanted: Mapping[str, str], files: Sequence[str]) -> Report:
    """What is to be done so that the server lives by our file; `files` are others that it reads at a reload."""
    cursor.execute(KINDS)
    kinds = {name: (context, source) for name, context, source in cursor.fetchall()}
    report = judge(lines(cursor), kinds, path, wanted)
    loaded = float(str(_one(cursor, LOADED)))
    report.reload = any(changed_at(os.stat(file)) > loaded - TICK for file in (path, *files))
    report.pending = _pending(cursor, wanted)
    return report


def settle(cursor: Cursor, report: Report, wanted: Iterable[str]) -> None:
    """Takes back what ALTER SYSTEM changed, has the server read its files, and waits until it has."""
    for name in report.undo:
        cursor.execute(f"ALTER SYSTEM RESET {quoted(name)}")
    if not (report.undo or report.reload):
        return
    time.sleep(2 * TICK)  # or what was written just now looks unread to the next run
    before = _one(cursor, LOADED)
    cursor.execute(RELOAD)
    end = time.monotonic() + PATIENCE
    while _one(cursor, LOADED) == before:
        if time.monotonic() > end:
            raise ServerError(f"the server has not read its files again within {PATIENCE} seconds")
        time.sleep(0.05)
    time.sleep(0.05)  # the others of its processes are told after the clock was set
    report.pending = _pending(cursor, wanted)


def quoted(name: str) -> str:
    """A setting's name as SQL has it; that of a library has two parts."""
    return ".".join(sql.ident(part) for part in name.split("."))


def _one(cursor: Cursor, query: str) -> object:
    cursor.execute(query)
    return cursor.fetchall()[0][0]


def _pending(cursor: Cursor, wanted: Iterable[str]) -> list[str]:
    cursor.execute(PENDING, ([name.lower() for name in wanted],))
    return [name for (name,) in cursor.fetchall()]
