# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The newest backup of each service is restored, compared with its manifest, and looked through for damage.

As on the database host, the dump is restored by a role that may do nothing: what an owner put into it must not reach the
key that lies on this host.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import subprocess
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path

from .. import sql
from ..catalog.session import Server
from ..errors import GoodNeighborError
from ..whole_file import write_whole
from . import drill_record, drill_scratch, layout, restore_fill, restore_find, stream
from .commands import Deadline
from .drill_config import Config, Subject
from .drill_record import Record
from .drill_scratch import Programs
from .errors import BackupError
from .manifest import Content
from .restore_fill import Contents, Dump
from .restore_find import Shelf
from .run import alone
from .stream import Keys

ROLE = "good_neighbor_drill"
METRICS, RECORD, KEY = "public/good_neighbor_drill.prom", "drills.json", "keys/age.key"
_NEVER = datetime(1970, 1, 1, tzinfo=timezone.utc)
_ROLE = re.compile(r'^CREATE ROLE ("(?:[^"]|"")+"|[a-z_][a-z0-9_$]*);$', re.MULTILINE)
_MOST = 64 * 1024 * 1024  # bytes of globals
Say = Callable[[str], None]


class Drills:
    """Drills of some or all services of `config`. `say` takes one line for a person."""

    def __init__(self, config: Config, say: Say) -> None:
        self.config, self.say, self.state = config, say, Path(config.state)
        self.record = Record.read(self.state / RECORD)

    def run(self, names: tuple[str, ...] = ()) -> bool:
        """Whether all went well. Raises Busy, or BackupError where a name is unknown; then nothing was done."""
        chosen = self.config.chosen(names)
        with alone(self.state):
            drill_scratch.clean(self.state)
            well = [self._one(subject) for subject in chosen]
            return all(well)

    def _one(self, subject: Subject) -> bool:
        now, began = datetime.now(timezone.utc).replace(microsecond=0), time.monotonic()
        drill = drill_record.begun(subject, now, self.record.of(subject), _NEVER)
        self._note(drill)
        tried = _Tried(self.config, subject, now)
        try:
            tried.restore()
            fault = tried.fault
        except GoodNeighborError as error:
            fault = str(error)
        except Exception as error:  # of one service: the others still get theirs
            fault = f"unexpected {type(error).__name__}: {error}"
        self._note(drill_record.ended(drill, time.monotonic() - began, tried.backup, fault))
        self.say(f"{subject.name}: FAILED, backup {tried.backup or 'none'}: {fault}" if fault else
                 f"{subject.name}: backup {tried.backup} restored in {time.monotonic() - began:.1f} s, as its manifest says")
        return not fault

    def _note(self, drill: drill_record.Drill) -> None:
        self.record.put(drill)
        path = self.state / METRICS
        path.parent.mkdir(mode=0o755, exist_ok=True)
        write_whole(path, drill_record.metrics(self.config, self.record).encode(), 0o644)


class _Tried:
    """One drill. `backup`: which one, as soon as it is known; `fault`: what is wrong though it could be restored."""

    def __init__(self, config: Config, subject: Subject, now: datetime) -> None:
        self.config, self.subject, self.now = config, subject, now
        self.backup = self.fault = ""

    def restore(self) -> None:
        """Raises GoodNeighborError with what keeps the backup from being restored."""
        state, programs = Path(self.config.state), Programs(self.config.bindirs)
        keys = Keys(_key(state / KEY))
        with ThreadPoolExecutor(1) as beside:  # around the cluster: when that ends, so does whoever works in it
            found = beside.submit(self._find, keys, programs)
            looked = beside.submit(lambda: _look(found.result(), self.subject))
            with drill_scratch.running(state, programs.only or found.result().bindir) as server:
                _restore(server, found.result(), looked.result(), Deadline(self.config.longest * 3600), beside)

    def _find(self, keys: Keys, programs: Programs) -> Dump:
        state, subject = Path(self.config.state), self.subject
        shelf = Shelf(subject.shelf, str(state / "rclone.conf"))
        names = shelf.names(subject.server, subject.service)
        ahead = layout.dated(names, self.now).future
        if ahead:
            self.fault = f"backup {ahead[0]} is dated in the future: a clock is wrong, or somebody forged it"
        self.backup = restore_find.chosen(names, restore_find.NEWEST, self.now, subject.name)
        source = shelf.source(subject.server, subject.service, self.backup)
        manifest = restore_find.manifest(source, keys, subject.server, subject.service, self.backup)
        self.fault = self.fault or restore_find.from_the_future(manifest, self.now)
        return Dump(source, keys, manifest, programs.for_dump(manifest.server_version))


def _look(dump: Dump, subject: Subject) -> tuple[Contents, Iterable[str]]:
    """What is in the dump, and the names of the server's roles."""
    return restore_fill.look(dump, subject.extensions, subject.publications), _roles(_globals(dump))


def _restore(server: Server, dump: Dump, looked: tuple[Contents, Iterable[str]], deadline: Deadline,
             beside: Executor) -> None:
    (contents, roles), manifest, database = looked, dump.manifest, "drill"
    password = secrets.token_urlsafe(24)
    with server.cursor() as cursor:
        for role in roles:
            cursor.execute(f"CREATE ROLE {sql.ident(role)} NOLOGIN")
        cursor.execute(f"CREATE ROLE {ROLE} LOGIN BYPASSRLS PASSWORD {sql.literal(password)}")
        restore_fill.create(cursor, database, "a drill", manifest.encoding, manifest.locale)
        cursor.execute(f"GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {database} TO {ROLE}")
        with server.cursor(database) as inside:
            restore_fill.prepare(inside, ROLE, contents, manifest)
        environment = stream.environment(PGHOST=str(server.parameters["host"]), PGPORT="5432", PGUSER=ROLE,
                                         PGPASSWORD=password, PGDATABASE=database)
        at_once = ["--single-transaction"] if len(contents.parts.rest) < drill_scratch.LOCKS else []
        wrong = restore_fill.load(dump, contents, environment, *at_once)
        damage: list[Future[None]] = []
        with server.cursor(database) as inside:
            differ, _notes = restore_fill.wrong(inside, manifest, deadline, lambda: damage.append(
                beside.submit(_amcheck, server, dump.bindir, database, deadline)))
        if wrong or differ:
            raise BackupError(f"what was restored is not what was saved: {'; '.join([*wrong, *differ])}")
        damage[0].result()


def _amcheck(server: Server, bindir: str, database: str, deadline: Deadline) -> None:
    """Looks for damage in the tables and indexes of the dump; PostgreSQL's own were made by this host a moment ago.

    https://www.postgresql.org/docs/current/app-pgamcheck.html
    """
    environment = stream.environment(PGHOST=str(server.parameters["host"]), PGPORT="5432", PGUSER="postgres",
                                     PGPASSWORD=str(server.parameters["password"]))
    command = [f"{bindir}/pg_amcheck", "--database", database, "--jobs=2", "--install-missing=pg_catalog",
               "--exclude-schema=pg_catalog", "--exclude-schema=information_schema"]
    done = subprocess.run(command, cwd="/", env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False, timeout=deadline.left)
    if done.returncode:
        said = " ".join((done.stdout + done.stderr).split())[:300]
        raise BackupError(f"pg_amcheck finds damage in the restored database: {said}")


def _globals(dump: Dump) -> str:
    """The server's roles and settings as SQL, which is not run. Raises BackupError where it is not what was saved."""
    plain = stream.read(dump.source, layout.GLOBALS, dump.keys, _MOST)
    if Content(len(plain), hashlib.sha256(plain).hexdigest()) != dump.manifest.globals:
        raise BackupError("globals.age is not the file that the manifest was made for (SHA-256)")
    return plain.decode("utf-8", "replace")


def _roles(script: str) -> Iterable[str]:
    """The names of its roles: policies in the dump name some."""
    names = {word[1:-1].replace('""', '"') if word.startswith('"') else word for word in _ROLE.findall(script)}
    return sorted(names - {"postgres", ROLE})


def _key(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise BackupError(f"the drill's key {path} cannot be read: {why}; run site, which makes one, and make new backups, "
                          "for the old ones are not encrypted to it") from None
