# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs pg_dump for the schema of one database. It reads, and waits for no lock longer than asked."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping

from ..items import BOOKKEEPING
from .dump_text import NotAcceptable, schema_file

OPTIONS = ("--schema-only", "--no-owner", "--no-privileges", "--no-publications", "--no-subscriptions",
           "--no-security-labels", "--no-tablespaces", f"--exclude-schema={BOOKKEEPING}", "--no-password",
           "--encoding=UTF8")
_SECRETS = ("password", "passfile")


def program(given: str | None, folder: str) -> str | None:
    """The pg_dump to run: the one that is named, the server's own, or the one in PATH."""
    if given:
        return given
    own = f"{folder}/pg_dump"
    return own if os.access(own, os.X_OK) else shutil.which("pg_dump")


def dump(command: str, parameters: Mapping[str, object], database: str, lock_timeout: str) -> str:
    """The schema of `database` as a schema file. `parameters` are libpq's. Raises NotAcceptable where there is none to be
    had, in words without secrets."""
    words = {key: value for key, value in parameters.items() if key not in _SECRETS} | {"dbname": database}
    conninfo = " ".join(f"{key}={_quoted(value)}" for key, value in words.items() if value not in (None, ""))
    password = parameters.get("password")
    with tempfile.NamedTemporaryFile("w", prefix="good_neighbor.", encoding="utf-8") as secrets:  # 0600
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        if password:
            escaped = str(password).replace("\\", "\\\\").replace(":", "\\:")
            secrets.write(f"*:*:*:*:{escaped}\n")
            secrets.flush()
            environment["PGPASSFILE"] = secrets.name
        try:
            done = subprocess.run([command, *OPTIONS, f"--lock-wait-timeout={lock_timeout}", f"--dbname={conninfo}"],
                                  check=False, capture_output=True, env=environment, stdin=subprocess.DEVNULL)
        except OSError as error:
            raise NotAcceptable(f"{command} cannot be run: {error.strerror}") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit status {done.returncode}"]
        raise NotAcceptable(said[0])
    return schema_file(database, done.stdout.decode(errors="replace"))


def _quoted(value: object) -> str:
    """A value of a connection string: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING"""
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"
