"""A process that applies one schema file and may kill itself before the n-th thing that it asks of the server.

Reads JSON from its standard input: host, database, admin_password, owner, password (null: no login), path, text,
die_before (null: never). Prints whether it applied the file, and how many things it asked for.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

import psycopg2
import psycopg2.extensions
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema.apply import apply_file
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema.files import SchemaFile

given: dict[str, Any] = json.load(sys.stdin)
asked = 0


def ask() -> None:
    """Count, and die where told."""
    global asked
    if asked == given["die_before"]:
        os.kill(os.getpid(), signal.SIGKILL)
    asked += 1


class Cursor(psycopg2.extensions.cursor):
    """Counts statements."""

    def execute(self, query: Any, vars: Any = None) -> None:
        ask()
        super().execute(query, vars)


class Connection(psycopg2.extensions.connection):
    """Counts what ends a transaction or a session."""

    def commit(self) -> None:
        ask()
        super().commit()

    def close(self) -> None:
        ask()
        super().close()


def connect(user: str, password: str, options: str = "") -> Any:
    ask()
    return psycopg2.connect(
        host=given["host"], dbname=given["database"], user=user, password=password, options=options,
        connection_factory=Connection, cursor_factory=Cursor,
    )


admin = connect("postgres", given["admin_password"], "-c search_path=pg_catalog")
admin.autocommit = True
applied = apply_file(
    SchemaFile(given["path"], given["text"]),
    admin=admin, connect_as=connect, owner=given["owner"], password=given["password"],
)
print(json.dumps({"applied": applied, "asked": asked}))
