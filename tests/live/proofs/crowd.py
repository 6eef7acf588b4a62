"""A server with as many services as one likes: each has a database with tables, an owner, a reader, a setting."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from live.postgres import IDENT, SUPERUSER_LINE, make_data
from live.proofs.house import SERVER, House

SCHEMA = """
CREATE TABLE person (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE visit (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person bigint NOT NULL REFERENCES person, at timestamptz);
CREATE INDEX visit_person ON visit (person);
CREATE VIEW visitor AS SELECT name, max(at) AS at FROM person JOIN visit ON visit.person = person.id GROUP BY name;
INSERT INTO person (name) SELECT 'person ' || n FROM generate_series(1, 10) n;
"""


@dataclass
class Crowd(House):
    """The cluster. Nobody has made anything by hand there. The superuser comes in by peer, as with the roles."""

    count: int = 3
    more: int = 0  # tables of each database, besides the two; three objects each

    @property
    def schema(self) -> str:
        """What every service's schema file says."""
        return SCHEMA + "".join(f"CREATE TABLE {name} (id serial PRIMARY KEY);\n" for name in self.more_tables)

    @property
    def more_tables(self) -> list[str]:
        """Their names."""
        return [f"more_{number:02}" for number in range(self.more)]

    @property
    def schema_file(self) -> Path:
        """The schema file of every service."""
        return self.folder / "schema.sql"

    def connections(self) -> dict[str, str]:
        """Enough for all: three for each service, and twenty kept back. Their catalogs find room in memory."""
        most = {"max_connections": str(max(150, 3 * self.count + 20))}
        return {**super().connections(), **most, "shared_buffers": "256MB", "log_statement": "none"}

    def make(self) -> None:
        """Makes and starts the cluster, with nothing in it."""
        make_data(self.data)
        self.access()
        self.start()
        self.schema_file.write_text(self.schema)

    def end(self) -> Path:
        """Ends it in good order; its data."""
        self.stop(signal.SIGINT)
        (self.data / "postmaster.opts").unlink()
        return self.data

    def access(self, lines: Any = None, ident: Any = (IDENT,)) -> None:
        """pg_hba.conf as the matrix has it, and who the superuser is."""
        super().access(lines, ident)

    def login_options(self) -> dict[str, Any]:
        """How the modules connect."""
        return {name: value for name, value in super().login_options().items() if name != "login_password"}

    def servers(self) -> dict[str, Any]:
        """One server."""
        return {
            SERVER: {
                "mode": "enforce",
                "max_connections": max(150, 3 * self.count + 20),
                "maintenance_connections": 20,
                "port": self.port,
                "client_host": str(self.folder),
                "hba": [SUPERUSER_LINE],
                "ident": [IDENT],
            }
        }

    def allocation(self, *more_files: str) -> list[dict[str, Any]]:
        """As many rows as there are services."""
        return [self._row(number, more_files) for number in range(self.count)]

    def _row(self, number: int, more_files: tuple[str, ...]) -> dict[str, Any]:
        return {
            "service": f"service_{number:03}",
            "server": SERVER,
            "database": f"database_{number:03}",
            "owner": f"owner_{number:03}",
            "password": f"fake-{number:03}-Qm8zLw5vRt2xKp7y",
            "purpose": "one of many",
            "status": "active",
            "connection_limit": 2,
            "backup": "important",
            "readers": [
                {"role": f"reader_{number:03}", "password": f"fake-{number:03}-Gd4hNs9bVc6jXf3t", "connection_limit": 1}
            ],
            "settings": {"statement_timeout": "5s"},
            "tables": ["person", "visit", *self.more_tables],
            "schema_files": [str(self.schema_file), *more_files],
        }

    def arguments(self, *more_files: str, **options: Any) -> dict[str, Any]:
        """The module's arguments."""
        return super().arguments(*more_files, **{"baseline": [], **options})
