# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A PostgreSQL of the same build that reads files before the real one does.

A cluster is made in a temporary folder and asked in single-user mode: no socket, no port, and nothing that could outlive us,
for the server ends with its standard input. https://www.postgresql.org/docs/current/app-postgres.html
"""

from __future__ import annotations

import csv
import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ..errors import GoodNeighborError
from . import rules

csv.field_size_limit(2**30)

PREFIX = "good_neighbor-hba-"
_GRACE = 60  # seconds in which a new folder may be without its lock
_LONGEST = 120  # seconds for one program


def read(bindir: str, hba: str, ident: str, settings: Mapping[str, str] | None = None) -> rules.Rules:
    """Both texts as PostgreSQL reads them. `bindir`: the folder of its programs; `settings`: those that decide what a line
    may say. Raises GoodNeighborError where the scratch server itself cannot be made or asked."""
    with _folder() as folder:
        paths = {"hba_file": folder / "hba", "ident_file": folder / "ident"}
        for path, text in zip(paths.values(), (hba, ident)):
            path.write_bytes(text.encode("utf-8", "surrogateescape"))
        answers = _ask(bindir, folder, {**(settings or {}), **{name: str(path) for name, path in paths.items()}})
        return rules.read(*answers, str(paths["hba_file"]), str(paths["ident_file"]), hba, ident)


def _ask(bindir: str, folder: Path, settings: Mapping[str, str]) -> tuple[str, str]:
    data = str(folder / "data")
    _run([f"{bindir}/initdb", "-D", data, "-U", "postgres", "-A", "reject", "-E", "UTF8", "--no-locale", "--no-sync",
          "--no-instructions", "--wal-segsize=1"], "")
    answers = (folder / "hba.json", folder / "ident.json")
    script = "".join(f"COPY ({query}) TO {_literal(str(answer))} (FORMAT csv)\n"
                     for query, answer in zip((rules.HBA, rules.IDENT), answers))
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    said = _run([f"{bindir}/postgres", "--single", "-D", data, "-c", "fsync=off", "-c", "log_statement=none", *options,
                 "postgres"], script)
    try:
        return _cell(answers[0]), _cell(answers[1])
    except OSError:
        raise GoodNeighborError(f"PostgreSQL could not be asked what it thinks of the files: {said}") from None


def _cell(path: Path) -> str:
    """The one value of a CSV file."""
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as opened:
        return next(csv.reader(opened))[0]


def _run(command: list[str], script: str) -> str:
    """What a program said; raises GoodNeighborError if it fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    name = os.path.basename(command[0])
    try:
        done = subprocess.run(command, input=script, capture_output=True, text=True, errors="replace", check=False,
                              cwd="/", env={**environment, "LC_ALL": "C"}, timeout=_LONGEST)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GoodNeighborError(f"{name} of the scratch server cannot run: {error}") from None
    said = " ".join((done.stderr or done.stdout).split())[-400:]
    if done.returncode:
        raise GoodNeighborError(f"{name} of the scratch server failed; nothing was changed: {said}")
    return said


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder of our own; those of runs that were killed are removed."""
    base = Path(tempfile.gettempdir())
    for left in base.glob(f"{PREFIX}*"):
        _remove_left(left)
    try:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
    except OSError as error:
        raise GoodNeighborError(f"no scratch server can be made in {base}: {error.strerror}") from None
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def _remove_left(folder: Path) -> None:
    """Removes a folder that belongs to us and to no run any more."""
    try:
        held = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
    except OSError:
        return
    try:
        found = os.fstat(held)
        if found.st_uid == os.geteuid() and time.time() - found.st_mtime > _GRACE:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        pass
    finally:
        os.close(held)
