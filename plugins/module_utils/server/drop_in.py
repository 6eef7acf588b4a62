# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a text of settings is one with which this server can start, by the server's own word."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from ..errors import ServerError
from .clusters import Run, setting

LIBRARIES = "shared_preload_libraries"
_NOISE = ("contains errors", "LOCATION:", "postgresql.auto.conf")  # said of every file, or of the server's own source
_PREFIX = re.compile(r"^.*?(LOG|FATAL|DETAIL|ERROR|HINT):\s*([0-9A-Z]{5}:\s*)?")
_WHERE = re.compile(r" in file \"[^\"]*\" line (\d+)")


def check(text: str, programs: str, run: Run, *, libraries: bool) -> None:
    """Raises ServerError, in the server's words, where a name or value is wrong or, if asked for, a library is missing.

    `postgres -C` reads the file, judges every line and ends; it needs no cluster and touches none.
    https://www.postgresql.org/docs/current/app-postgres.html
    """
    with tempfile.TemporaryDirectory(prefix="good_neighbor.") as folder:
        path = os.path.join(folder, "postgresql.conf")
        with open(path, "w") as opened:
            opened.write(text)
        # root may run the server's program where -C is its first word, and for nothing else
        status, _out, err = run([f"{programs}/postgres", "-C", "config_file", "-D", folder, "-c", f"config_file={path}"])
        wanted = setting(Path(path), LIBRARIES)
    if status != 0:
        raise ServerError(f"the server would not take these settings: {'; '.join(faults(err))}")
    for name in filter(None, (word.strip().strip('"') for word in wanted.split(","))):
        if libraries and not os.path.exists(f"{library_folder(programs, run)}/{name}.so"):
            raise ServerError(f"{LIBRARIES} names {name}, and the server has no such library: it would not start again")


def library_folder(programs: str, run: Run) -> str:
    """Where the server looks for libraries ($libdir)."""
    status, out, _err = run([f"{programs}/pg_config", "--pkglibdir"])
    return out.strip() if status == 0 else os.path.join(os.path.dirname(programs), "lib")


def faults(said: str) -> list[str]:
    """What the server found, one by one, with the line of our text instead of the temporary file's name."""
    lines = [_PREFIX.sub("", line).strip() for line in said.splitlines()]
    told = [_WHERE.sub(r" (line \1)", line) for line in lines if line and not any(word in line for word in _NOISE)]
    return list(dict.fromkeys(told)) or [said.strip()]
