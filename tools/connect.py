#!/usr/bin/env python
"""psql as a service: connects with nothing but a settings file of the sandbox.

tools/connect FILE [ARGUMENT OF PSQL]...

The password reaches psql through its environment, never through its arguments, which every account may read.
"""

from __future__ import annotations

import ast
import os
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

TOOLS = Path(__file__).resolve().parent
NAMES = {"host": "PGHOST", "port": "PGPORT", "database": "PGDATABASE", "user": "PGUSER", "password": "PGPASSWORD"}


def settings(text: str) -> dict[str, str]:
    """What a settings file of any of the three formats says, by libpq's names for it."""
    if "{" in text:
        found = ast.literal_eval(text[text.index("{"):])
        return {variable: str(found[name]) for name, variable in NAMES.items()}
    values = dict(word.split("=", 1) for word in shlex.split(text, comments=True))
    if "DB_HOST" in values:
        return {variable: values[f"DB_{'NAME' if name == 'database' else name.upper()}"]
                for name, variable in NAMES.items()}
    url = urlsplit(next(iter(values.values())))
    asked = parse_qs(url.query)
    return {
        "PGHOST": asked["host"][0] if "host" in asked else unquote(url.hostname or ""),
        "PGPORT": asked["port"][0] if "port" in asked else str(url.port or 5432),
        "PGDATABASE": unquote(url.path[1:]), "PGUSER": unquote(url.username or ""),
        "PGPASSWORD": unquote(url.password or ""),
    }


def main() -> None:
    """Becomes psql."""
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    file, *arguments = sys.argv[1:]
    sandbox = TOOLS.parent / ".sandbox"
    programs = subprocess.run([TOOLS / "embedded", "bindir", sandbox], check=True, capture_output=True, text=True)
    psql = f"{programs.stdout.strip()}/psql"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    os.execve(psql, [psql, "--no-psqlrc", *arguments], clean | settings(Path(file).read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
