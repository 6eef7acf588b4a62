"""A database host in a folder: configuration, keys, a place offsite, and services with rows that must come back."""

from __future__ import annotations

import json
import subprocess
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup import config, manifest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.config import Config, Service
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.run import METRICS, Run
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.store import measured
from live.postgres import Cluster, programs

PLANTED = "a-plain-word-that-nobody-may-read"
SERVICES = (Service("bob/gpt", "voice_ninja", "bob", "critical", True),
            Service("nexus", "it's", "nexus", "important", False))
TABLES = ("CREATE TABLE words (id int, word text)",
          f"INSERT INTO words SELECT n, '{PLANTED}' || n || sha256(n::text::bytea)::text FROM generate_series(1, 500) n",
          'CREATE TABLE "odd "" name" (a int) PARTITION BY RANGE (a)',
          'CREATE TABLE part PARTITION OF "odd "" name" FOR VALUES FROM (0) TO (10)', "INSERT INTO part VALUES (1), (2)",
          "CREATE VIEW seen AS SELECT * FROM words", "CREATE TABLE child () INHERITS (words)",
          "INSERT INTO child VALUES (1, 'x')", "ALTER TABLE words ENABLE ROW LEVEL SECURITY",
          "ALTER TABLE words FORCE ROW LEVEL SECURITY", "SELECT lo_from_bytea(0, 'large')")


@dataclass
class House:
    """What one test works on. `config` may be replaced."""

    server: Cluster
    folder: Path
    said: list[str] = field(default_factory=list)

    def furnish(self) -> None:
        """Databases, owners, the role of the backups, keys, wrappers of PostgreSQL's programs, the remote."""
        self.sql("CREATE ROLE gn_backup LOGIN BYPASSRLS CONNECTION LIMIT 2 IN ROLE pg_read_all_data")
        for service in SERVICES:
            self.sql(f"CREATE ROLE {service.owner} LOGIN PASSWORD 'not-a-secret-0001'")
            self.sql(f'CREATE DATABASE "{service.database}" OWNER {service.owner}')
            for statement in TABLES:
                self.sql(f"SET ROLE {service.owner}; {statement}", service.database)
            self.sql("DO $$DECLARE o oid; BEGIN FOR o IN SELECT oid FROM pg_largeobject_metadata LOOP "
                     "EXECUTE format('GRANT SELECT ON LARGE OBJECT %s TO gn_backup', o); END LOOP; END$$", service.database)
        for name in ("state", "backups/voice-ninja.com", "offsite", "bin"):
            (self.folder / name).mkdir(parents=True)
        self.key.write_text(subprocess.run(["age-keygen"], capture_output=True, text=True, check=True).stdout)
        recipient = subprocess.run(["age-keygen", "-y", self.key], capture_output=True, text=True, check=True).stdout.strip()
        for program in ("pg_dump", "pg_dumpall", "pg_restore"):
            self.program(program)
        (self.state / "rclone.conf").write_text("[offsite]\ntype = local\n")
        self.config = Config(
            "voice-ninja.com", str(self.folder / "backups"), str(self.state), str(self.server.folder), self.server.port,
            "gn_backup", str(self.folder / "bin"), (recipient,), f"offsite:{self.offsite}", 14, 3, 0.5, 1, 5, SERVICES)

    def clear(self) -> None:
        """Takes all of it off the server."""
        self.server.restart()  # whatever a test left at work
        for service in SERVICES:
            self.sql(f'DROP DATABASE IF EXISTS "{service.database}" WITH (FORCE)')
            self.sql(f"DROP ROLE {service.owner}")
        self.sql("DROP ROLE gn_backup")

    @property
    def key(self) -> Path:
        """The operator's private key, which a database host never has."""
        return self.folder / "operator.key"

    @property
    def state(self) -> Path:
        """The program's own folder."""
        return self.folder / "state"

    @property
    def offsite(self) -> Path:
        """What the remote is."""
        return self.folder / "offsite"

    def program(self, name: str, before: str = "", after: str = "") -> None:
        """Wraps a program of PostgreSQL: its libraries are found; shell code may come before it, and after its output."""
        folder = programs()[1]
        path = self.folder / "bin" / name
        path.write_text(f'#!/bin/bash\nset -o pipefail\nexport LD_LIBRARY_PATH={folder.parent}/lib\n{before}\n'
                        f'{folder}/{name} "$@" {after}\n')
        path.chmod(0o755)

    def change(self, **values: Any) -> None:
        """Changes the configuration."""
        self.config = replace(self.config, **values)

    def sql(self, query: str, database: str = "postgres") -> list[Any]:
        """What a query of the superuser returns."""
        with closing(self.server.admin(database)) as session, session.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall()) if cursor.description else []

    def run(self, *names: str, accept_smaller: bool = False) -> bool:
        """One run; what it said is in `said`."""
        self.said.clear()
        return Run(self.config, self.said.append).run(names, accept_smaller)

    def written(self) -> Path:
        """The configuration as a file."""
        path = self.folder / "backup.json"
        path.write_bytes(config.to_json(self.config))
        return path

    def backups(self, service: str, base: str = "backups") -> list[str]:
        """What lies in a service's folder, complete or not."""
        folder = self.folder / base / "voice-ninja.com" / service.replace("/", "%2F")
        return sorted(entry.name for entry in folder.iterdir()) if folder.exists() else []

    def path(self, service: str, name: str, base: str = "backups") -> Path:
        """The folder of one backup."""
        return self.folder / base / "voice-ninja.com" / service.replace("/", "%2F") / name

    def decrypted(self, path: Path) -> bytes:
        """What the operator reads in a file."""
        return subprocess.run(["age", "-d", "-i", self.key, path], capture_output=True, check=True).stdout

    def manifest(self, service: str, name: str) -> manifest.Manifest:
        """The manifest of a backup."""
        return manifest.from_json(self.decrypted(self.path(service, name) / "manifest.age"))

    def metric(self, name: str, service: str) -> float | None:
        """A value of the metrics file."""
        for line in (self.state / METRICS).read_text().splitlines():
            if line.startswith(f"good_neighbor_backup_{name}{{") and f'service="{service}"' in line:
                return float(line.rsplit(" ", 1)[1])
        return None

    def attempts(self) -> dict[str, Any]:
        """What the program remembers, by service."""
        return {one["service"]: one for one in json.loads((self.state / "history.json").read_text())["attempts"]}


def sums(house: House) -> dict[str, object]:
    """Every file of every backup."""
    return {str(path): measured(path) for base in ("backups", "offsite") for path in (house.folder / base).rglob("*.age")}
