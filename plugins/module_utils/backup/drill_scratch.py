# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A cluster for one drill: made, used, and removed with all that is in it, also after it was killed.

It is a copy of an empty one, which is kept for each major version: initdb takes longer than a small restore. Nobody
reaches it but who can enter its folder and read its password there, as the key to the backups lies beside it. What the
dumps hold lies on this disk while the drill lasts, as it does on the database host.
"""

from __future__ import annotations

import glob
import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ..catalog.session import Server
from . import stream
from .errors import BackupError

_NAME, _PASSWORD = "scratch", "password"
_PATIENCE = 60.0  # seconds to start or to end
_WRITERS = 10.0  # seconds that an initdb whose drill was killed may go on: it ends where its files are gone
LOCKS = 40_000  # objects that one transaction may make; with wal_level minimal it writes no WAL for the rows of new tables
_SETTINGS = {
    "listen_addresses": "", "fsync": "off", "full_page_writes": "off", "wal_level": "minimal", "max_wal_senders": "0",
    "autovacuum": "off", "max_connections": "10", "jit": "off", "maintenance_work_mem": "256MB", "max_wal_size": "4GB",
    "password_encryption": "scram-sha-256", "log_statement": "none", "log_min_error_statement": "panic",
    "log_min_messages": "fatal", "logging_collector": "off", "max_prepared_transactions": "0",
    "max_locks_per_transaction": str(LOCKS // 5),  # for each of the ten connections: two for each object
}


class Programs:
    """PostgreSQL's programs on this host, by major version. `pattern`: their folders, such as /usr/lib/postgresql/*/bin."""

    def __init__(self, pattern: str) -> None:
        found = [path for path in sorted(glob.glob(pattern)) if os.access(f"{path}/initdb", os.X_OK)]
        self.folders = {_major(path): path for path in found}

    @property
    def only(self) -> str | None:
        """The folder, where there is one: then it is known before any backup was looked at."""
        return next(iter(self.folders.values())) if len(self.folders) == 1 else None

    def for_dump(self, server_version: int) -> str:
        """The folder to restore a dump with: of its own major version, or of the next one that is here."""
        was = server_version // 10000
        able = sorted(major for major in self.folders if major >= was)
        if not able:
            here = ", ".join(map(str, sorted(self.folders))) or "none"
            raise BackupError(f"the backup is of PostgreSQL {was}, and here is {here}: install {was} on the drill host")
        return self.folders[able[0]]


@contextmanager
def running(state: Path, bindir: str) -> Iterator[Server]:
    """A new cluster, and how its superuser enters it. It is gone when the block ends. Raises BackupError."""
    clean(state)
    folder = state / _NAME
    try:
        process = _begun(state, folder, bindir)
    except BaseException:
        clean(state)
        raise
    try:
        password = (folder / _PASSWORD).read_text(encoding="utf-8")
        yield Server({"host": str(folder), "port": 5432, "user": "postgres", "password": password}, "postgres", "60s")
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(_PATIENCE)
        clean(state)


def clean(state: Path) -> None:
    """What a killed drill left: its server, if it still runs, and its folder."""
    folder = state / _NAME
    with suppress(OSError, ValueError, IndexError):
        pid = int((folder / "data" / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
        if str(folder / "data") in Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").split("\0"):
            os.kill(pid, signal.SIGQUIT)
            end = time.monotonic() + _PATIENCE
            while Path(f"/proc/{pid}").exists() and time.monotonic() < end:
                time.sleep(0.05)
    end = time.monotonic() + _WRITERS
    while folder.exists() and time.monotonic() < end:
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(0.02)
    if folder.exists():
        raise BackupError(f"{folder} cannot be removed: look who writes there")


def _begun(state: Path, folder: Path, bindir: str) -> subprocess.Popen[bytes]:
    """A copy of the empty cluster, at work. One that was kept and does not start is made anew."""
    kept = state / f"empty-{_major(bindir)}"
    fresh = not kept.exists()
    try:
        return _started(_copied(_empty(kept, folder, bindir), folder), bindir)
    except BackupError:
        shutil.rmtree(kept, ignore_errors=True)
        if fresh:
            raise
        clean(state)
        return _begun(state, folder, bindir)


def _empty(kept: Path, folder: Path, bindir: str) -> Path:
    """The empty cluster, made now if it is not there; whole, or not there, whenever this is killed."""
    if not kept.exists():
        (folder / "data").mkdir(mode=0o700, parents=True)
        secret = folder / _PASSWORD
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_urlsafe(24), encoding="utf-8")
        _run([f"{bindir}/initdb", f"--pgdata={folder}/data", "--username=postgres", f"--pwfile={secret}",
              "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions", *_no_checksums(bindir)])
        (folder / "data" / "pg_hba.conf").write_text("local all all scram-sha-256\n", encoding="utf-8")
        _run(["sync", "--file-system", str(folder)])
        folder.rename(kept)
    return kept


def _copied(kept: Path, folder: Path) -> Path:
    _run(["cp", "--archive", "--reflink=auto", str(kept), str(folder)])
    return folder


def _started(folder: Path, bindir: str) -> subprocess.Popen[bytes]:
    settings = {**_SETTINGS, "unix_socket_directories": str(folder)}
    if _major(bindir) >= 18:  # one reader at a time, of what was just written: handing its reads over costs more
        settings["io_method"] = "sync"
    words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen([f"{bindir}/postgres", "-D", f"{folder}/data", *words], cwd="/", stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=log, env=stream.environment())
    end = time.monotonic() + _PATIENCE
    while not _ready(folder):
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            said = (folder / "log").read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
            raise BackupError(f"the scratch cluster does not start: {' '.join(said)}")
        time.sleep(0.02)
    return process


def _ready(folder: Path) -> bool:
    try:
        lines = (folder / "data" / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > 7 and lines[7].strip() == "ready"


def _run(command: list[str], **more: Any) -> str:
    done = subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=stream.environment(), check=False, **more)
    said: str = done.stdout.decode("utf-8", "replace").strip()
    if done.returncode:
        raise BackupError(f"{os.path.basename(command[0])} failed: {' '.join(said.splitlines()[-2:])[:300]}")
    return said


def _no_checksums(bindir: str) -> list[str]:
    """What this cluster's pages do without for the hour that they live; before PostgreSQL 18 nobody had to say so.

    https://www.postgresql.org/docs/current/app-initdb.html
    """
    return ["--no-data-checksums"] if _major(bindir) >= 18 else []


def _major(bindir: str) -> int:
    found = re.search(r" (\d+)", _run([f"{bindir}/postgres", "--version"]))
    return int(found[1]) if found else 0
