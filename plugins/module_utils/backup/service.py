# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The backup of one service, from the snapshot to the copy offsite."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from ..whole_file import write_whole
from . import layout, manifest, receipt, retention
from .commands import PATH, Deadline
from .config import Config, Service
from .errors import BackupError
from .manifest import Content, Manifest
from .offsite import Remote
from .pipeline import Encryption
from .receipt import Receipt
from .snapshot import Facts, Sessions, hint, taken
from .store import Store, measured


@dataclass(frozen=True)
class Made:
    """A backup that is complete here. `fault`: what is wrong all the same, such as a copy offsite that failed."""

    name: str
    receipt: Receipt
    fault: str = ""


class Maker:
    """Makes backups as `config` says. `accept_smaller`: a dump may be much smaller than the last one."""

    def __init__(self, config: Config, store: Store, accept_smaller: bool = False) -> None:
        self.config, self.store = config, store
        self.share = 0.0 if accept_smaller else config.smallest_share
        self.environment = {"PATH": PATH, "LC_ALL": "C.UTF-8", "HOME": config.state}
        self.server = Sessions({"host": config.socket, "port": config.port, "user": config.role}, "postgres",
                               f"{config.lock_timeout}s")
        self.encryption = Encryption(config.recipients, self.environment)
        self.remote = Remote(config.place, {**self.environment, "RCLONE_CONFIG": f"{config.state}/rclone.conf"}) \
            if config.remote else None

    def back_up(self, service: Service, now: datetime) -> Made:
        """Makes a backup that began `now`. Raises GoodNeighborError where there is none; then what was there stays as it
        was."""
        deadline, before = Deadline(self.config.longest * 60), self.store.dated(service.service, now)
        last = before.newest
        retention.check_room(self.store.free(), self.store.size(service.service, last) if last else None)
        name, began = layout.stamp(now), time.monotonic()
        with self.store.making(service.service, name) as folder:
            dumped = self._dump(service, folder, deadline, now)
            self._check_size(service, folder, last, now, deadline)
            self.encryption.bytes(manifest.to_json(dumped), folder / layout.MANIFEST, deadline)
            made = Receipt(now, tuple((file, measured(folder / file)) for file in layout.ENCRYPTED), dumped.dump.bytes,
                           time.monotonic() - began, False)
            write_whole(folder / layout.RECEIPT, receipt.to_json(made), 0o600)
        self._prune(service, now)
        faults = [self._future(before.future, "here"), self._offsite(service, name, now, deadline)]
        return Made(name, self.store.receipt(service.service, name) or made, "; ".join(filter(None, faults)))

    def _dump(self, service: Service, folder: Path, deadline: Deadline, now: datetime) -> Manifest:
        with taken(self.server, service.database) as snapshot:
            snapshot.check_rights()
            facts = snapshot.facts(deadline)
            bindir = self._bindir(facts.server_version)
            try:
                dump = self.encryption.stream(
                    [f"{bindir}pg_dump", "--format=custom", f"--snapshot={snapshot.name}", *self._enter(service.database),
                     f"--lock-wait-timeout={self.config.lock_timeout * 1000}"],
                    folder / layout.DUMP, deadline, self._entering(), [f"{bindir}pg_restore", "--list"])
            except BackupError as failed:
                raise BackupError(f"{failed}{hint(str(failed))}") from None
            snapshot.alone()
            shared = self.encryption.stream(
                [f"{bindir}pg_dumpall", "--globals-only", "--no-role-passwords", *self._enter("postgres")],
                folder / layout.GLOBALS, deadline, self._entering())
        return self._told(service, facts, now, dump, shared)

    def _told(self, service: Service, facts: Facts, now: datetime, dump: Content, shared: Content) -> Manifest:
        return Manifest(
            self.config.server, facts.system_identifier, service.service, service.database, service.owner, service.priority,
            now, max(now, datetime.now(timezone.utc)), facts.server_version, facts.encoding, facts.locale, facts.extensions,
            facts.schema_files, facts.tables, facts.large_objects, dump, shared)

    def _check_size(self, service: Service, folder: Path, last: str | None, now: datetime, deadline: Deadline) -> None:
        size = (folder / layout.DUMP).stat().st_size
        if last is not None:
            retention.check_size(size, self.store.dump_size(service.service, last), self.share)
        elif service.offsite and self.remote is not None:  # a server made anew, whose data is still to be restored
            try:
                there = self.remote.sizes(service.service, deadline)
            except BackupError:  # it will be told when the copy fails
                return
            newest = layout.dated(there, now).newest
            retention.check_size(size, there[newest] if newest else None, self.share, "offsite")

    def _prune(self, service: Service, now: datetime) -> None:
        for old in self._expired(self.store.dated(service.service, now).good, now):
            self.store.remove(service.service, old)

    def _expired(self, good: tuple[str, ...], now: datetime) -> tuple[str, ...]:
        return retention.expired(good, now, self.config.keep_days, self.config.keep_least)

    def _offsite(self, service: Service, name: str, now: datetime, deadline: Deadline) -> str:
        """What went wrong offsite, if the service's backups go there."""
        if not service.offsite:
            return ""
        if self.remote is None:
            return "there is no place offsite to copy it to"
        folder = self.store.service(service.service) / name
        try:
            there = self.remote.sizes(service.service, deadline)
            newest = layout.dated(there, now).newest
            size = (folder / layout.DUMP).stat().st_size
            retention.check_size(size, there[newest] if newest else None, self.share, "offsite")
            self.remote.copy(service.service, folder, deadline)
            known = receipt.from_json((folder / layout.RECEIPT).read_bytes())
            write_whole(folder / layout.RECEIPT, receipt.to_json(replace(known, offsite=True)), 0o600)
            found = self.remote.dated(service.service, now, deadline)
            for old in self._expired(found.good, now):
                self.remote.remove(service.service, old, deadline)
            return self._future(found.future, "offsite")
        except BackupError as error:
            return str(error)

    @staticmethod
    def _future(names: tuple[str, ...], place: str) -> str:
        if not names:
            return ""
        return (f"{len(names)} {'backup is' if len(names) == 1 else 'backups are'} dated in the future {place} "
                f"({', '.join(names[:3])}): a clock was or is wrong. The new backup is kept; look at the clock, then "
                "remove or rename what bears a wrong date")

    def _enter(self, database: str) -> list[str]:
        quoted = database.replace("\\", "\\\\").replace("'", "\\'")
        return ["--no-password", f"--host={self.config.socket}", f"--port={self.config.port}",
                f"--username={self.config.role}", f"--dbname=dbname='{quoted}'"]

    def _entering(self) -> dict[str, str]:
        # what a database's owner has stored as its settings does not count
        return {**self.environment, "PGCONNECT_TIMEOUT": "10", "PGAPPNAME": self.server.name,
                "PGOPTIONS": "-c role=none -c search_path=pg_catalog -c client_min_messages=warning -c statement_timeout=0 "
                             "-c lock_timeout=0 -c idle_in_transaction_session_timeout=0 -c idle_session_timeout=0"}

    def _bindir(self, server_version: int) -> str:
        """The folder of the server's programs, with its slash; empty: they are on the path."""
        if self.config.bindir:
            return f"{self.config.bindir}/"
        folder = Path(f"/usr/lib/postgresql/{server_version // 10000}/bin")
        return f"{folder}/" if folder.is_dir() else ""
