"""A throw-away PostgreSQL cluster that is put back to a clean copy in a fraction of a second.

Programs are those that tools/embedded finds (.venv, or GN_PG_BINDIR). The server listens on loopback and on a socket; root
and whoever runs the tests is its superuser by `peer`. As root it runs as an account without rights, as PostgreSQL demands.
"""

from __future__ import annotations

import getpass
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import psycopg2

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = int(os.environ.get("GN_PG_UID", "65534")) if os.geteuid() == 0 else None  # whom the server runs as
PREFIX = "gn-test-"
IDENT = f"admin {getpass.getuser()} postgres"  # the tests' account is the superuser
SUPERUSER_LINE = "local all postgres peer map=admin"
SETTINGS = {
    "fsync": "off", "autovacuum": "off", "shared_buffers": "16MB", "max_connections": "40", "max_wal_size": "200MB",
    "wal_level": "logical", "max_wal_senders": "4", "max_replication_slots": "4", "max_prepared_transactions": "4",
    "max_worker_processes": "2", "max_logical_replication_workers": "0", "log_statement": "all", "jit": "off",
    "listen_addresses": "127.0.0.1", "dynamic_shared_memory_type": "mmap", "allow_in_place_tablespaces": "on",
}


@cache
def programs() -> tuple[int, Path]:
    """The major version, and the folder of programs that the server's account can run."""
    command = [ROOT / "tools" / "embedded", "bindir", tempfile.gettempdir()]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    folder = Path(found.stdout.strip())
    version = subprocess.run([folder / "postgres", "-V"], check=True, capture_output=True, text=True).stdout
    return int(re.findall(r"\) (\d+)", version)[0]), folder


def major() -> int:
    """The major version under test."""
    return programs()[0]


def new_folder() -> Path:
    """A folder for a cluster, in memory where there is such a place; those of runs that were killed are removed."""
    memory = Path("/dev/shm")
    base = memory if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30 else Path(tempfile.gettempdir())
    for left in base.glob(f"{PREFIX}*"):
        if not Path(f"/proc/{left.name.split('-')[2]}").exists() and os.access(left, os.W_OK):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=base))
    if ACCOUNT is not None:
        os.chown(folder, ACCOUNT, ACCOUNT)
    return folder


def run_as_account(command: Iterable[str | Path], **more: Any) -> subprocess.Popen[bytes]:
    """Start a program as the server's account, in the caller's process group: what ends that ends it too."""
    who: dict[str, Any] = {} if ACCOUNT is None else {"user": ACCOUNT, "group": ACCOUNT, "extra_groups": []}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment["LD_LIBRARY_PATH"] = str(programs()[1].parent / "lib")
    words = [str(word) for word in command]
    return subprocess.Popen(words, cwd="/", env=environment, stdin=subprocess.DEVNULL, **who, **more)


def make_data(data: Path) -> None:
    """initdb."""
    process = run_as_account(
        [programs()[1] / "initdb", "-D", data, "-U", "postgres", "-A", "reject", "-E", "UTF8", "--locale=C.UTF-8",
         "--wal-segsize=1", "--no-sync", "--no-instructions"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said, _errors = process.communicate()
    assert process.returncode == 0, said.decode()


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Cluster:
    """A server whose data lie in `folder`/data. `settings` are given on its command line."""

    folder: Path
    settings: dict[str, str] = field(default_factory=lambda: dict(SETTINGS), repr=False)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> str:
        """What the server has logged since it started."""
        return (self.folder / "server.log").read_text(errors="replace")

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        words = {"unix_socket_directories": str(self.folder), "port": str(self.port),
                 **({"superuser_reserved_connections": "3", "reserved_connections": "7"} if major() >= 16 else
                    {"superuser_reserved_connections": "10"}),
                 **({"io_method": "sync"} if major() >= 18 else {}), **self.settings}
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        with (self.folder / "server.log").open("wb") as log:
            options = [word for name, value in words.items() for word in ("-c", f"{name}={value}")]
            self.process = run_as_account([programs()[1] / "postgres", "-D", self.data, *options], stdout=log, stderr=log)
        end = time.monotonic() + 60
        while not self._ready():
            assert self.process.poll() is None and time.monotonic() < end, self.log
            time.sleep(0.003)

    def _ready(self) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """End it: at once (SIGQUIT) where its data are thrown away, else with a checkpoint (SIGINT)."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(60)
            self.process = None

    def restart(self, **settings: str) -> None:
        """End it in good order, and start it with other settings."""
        self.stop(signal.SIGINT)
        self.settings.update(settings)
        self.start()

    def reset(self, gold: Path, manifest: Mapping[str, tuple[int, int]]) -> None:
        """Start it anew with the data of `gold`. Only files that are not as `manifest` knows them are copied."""
        self.stop()
        self.settings = dict(SETTINGS)
        there, right = (folders(self.data) if self.data.exists() else []), folders(gold)
        for path in [path for path in there if path not in right]:
            shutil.rmtree(self.data / path, ignore_errors=True)
        for path in [path for path in right if path not in there]:
            _own_folder(self.data / path)
        found = listing(self.data)
        for path in found.keys() - manifest.keys():
            (self.data / path).unlink()
        for path in [path for path, state in manifest.items() if found.get(path) != state]:
            _copy(gold / path, self.data / path)
        self.start()

    def admin(self, database: str = "postgres", **more: Any) -> Any:
        """A superuser's session, over the socket, each statement its own transaction."""
        session = psycopg2.connect(host=str(self.folder), port=self.port, user="postgres", dbname=database, **more)
        session.autocommit = True
        return session

    def login(self, role: str, password: str, database: str) -> Any:
        """A session as a service opens it: over TCP, with its own secret."""
        return psycopg2.connect(host="127.0.0.1", port=self.port, user=role, password=password, dbname=database,
                                application_name="a service", connect_timeout=10)

    def access(self, lines: Iterable[str], ident: Iterable[str] = (IDENT,), *, reload: bool = True) -> None:
        """Give it these lines of pg_hba.conf and pg_ident.conf, and wait until they hold."""
        for name, text in (("pg_hba.conf", lines), ("pg_ident.conf", ident)):
            (self.data / name).write_text("".join(f"{line}\n" for line in text))
        if self.process is None or not reload:
            return
        with closing(self.admin()) as session, session.cursor() as cursor:
            cursor.execute("SELECT pg_conf_load_time()")
            loaded = before = cursor.fetchone()
            self.process.send_signal(signal.SIGHUP)
            end = time.monotonic() + 20
            while loaded == before:
                assert time.monotonic() < end
                time.sleep(0.002)
                cursor.execute("SELECT pg_conf_load_time()")
                loaded = cursor.fetchone()

    def remove(self) -> None:
        """End it and delete it."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    """Each file's size and time of change, by its path in `folder`. A copy keeps the time, whoever writes changes it."""
    found: dict[str, tuple[int, int]] = {}
    beginning = len(str(folder)) + 1
    for base, _folders, names in os.walk(folder):
        for name in names:
            path = os.path.join(base, name)
            state = os.lstat(path)
            found[path[beginning:]] = (state.st_size, state.st_mtime_ns)
    return found


def folders(folder: Path) -> list[str]:
    """The folders in `folder`, outer ones first."""
    return [os.path.relpath(base, folder) for base, _folders, _names in os.walk(folder)]


def _own_folder(path: Path) -> None:
    path.mkdir(mode=0o700)
    if ACCOUNT is not None:
        os.chown(path, ACCOUNT, ACCOUNT)


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    shutil.copystat(source, target)
    if ACCOUNT is not None:
        os.chown(target, ACCOUNT, ACCOUNT)
