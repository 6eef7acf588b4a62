"""A throw-away PostgreSQL as tools/embedded makes it: that of .venv, or of GN_PG_BINDIR."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2

EMBEDDED = Path(__file__).resolve().parents[2] / "tools" / "embedded"
# fsync: these servers are thrown away. The log is searched for secrets, so it gets all there is
QUICK = "-c fsync=off -c autovacuum=off -c log_statement=all -c max_wal_size=1GB -c max_prepared_transactions=5"
COUNTING = "-c shared_preload_libraries=pg_stat_statements"


@dataclass
class Server:
    """A running server in a folder: where its socket is, and who may do everything."""

    folder: Path
    host: str
    password: str = field(repr=False)

    def connect(self, database: str = "postgres", user: str = "postgres", password: str | None = None, **more: Any) -> Any:
        """A plain session, in a transaction as psycopg2 opens them."""
        return psycopg2.connect(host=self.host, dbname=database, user=user, password=password or self.password, **more)

    def rows(self, query: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """What a query of the superuser returns."""
        connection = self.connect(database)
        connection.autocommit = True
        try:
            cursor = connection.cursor()
            cursor.execute(query)
            return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    @property
    def log(self) -> str:
        """What the server has logged so far."""
        return (self.folder / "data" / "server.log").read_text(errors="replace")


def started(folder: Path, hba: list[str] | None = None, *, counting: bool = False) -> Server:
    """Starts the server in `folder`, with these lines of pg_hba.conf; a running one takes them over. `counting`: it counts
    statements."""
    command: list[str | Path] = [EMBEDDED, "start", folder]
    if hba is not None:
        folder.mkdir(exist_ok=True)
        (folder / "pg_hba.conf").write_text("\n".join(hba) + "\n", encoding="utf-8")
        command.append(folder / "pg_hba.conf")
    subprocess.run(command, check=True, env={**os.environ, "GN_PG_OPTIONS": f"{QUICK} {COUNTING if counting else ''}"})
    return Server(folder, (folder / "socket").read_text().strip(), (folder / "superuser.password").read_text().strip())


def remove(folder: Path) -> None:
    """Ends the server in `folder`, if there is one, and deletes the folder."""
    subprocess.run([EMBEDDED, "remove", folder], check=True)
