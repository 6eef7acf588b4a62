"""Settings files and doors: how services come in, and what they are told where they may not."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

import psycopg2
from live.postgres import ROOT
from live.proofs.house import SECRETS, House

DOORS = ("voice_ninja", "bbworlds_nexus", "bbworlds_world", "postgres", "template1")
HOME = {"voice_ninja_user": "voice_ninja", "voice_ninja_analytics": "voice_ninja", "nexus_user": "bbworlds_nexus",
        "world_user": "bbworlds_world"}
NOT_YOURS = "permission denied for database"
NO_DOOR = "pg_hba.conf rejects connection"


def password(role: str) -> str:
    """A role's declared password."""
    return SECRETS[f"vault_{role}"]


def dotenv(path: Path) -> dict[str, str]:
    """What a service of the dotenv kind reads of its settings file."""
    words = (word for line in path.read_text().splitlines() for word in shlex.split(line, comments=True))
    return dict(word.split("=", 1) for word in words)


def client(settings: dict[str, str], database: str | None = None) -> Any:
    """A Python client's session, with what the settings file says, or the same in another database."""
    return psycopg2.connect(host=settings["DB_HOST"], port=settings["DB_PORT"], user=settings["DB_USER"],
                            password=settings["DB_PASSWORD"], dbname=database or settings["DB_NAME"])


def psql(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """psql with nothing but a settings file, as a person's shell starts it; an argument -d names another database."""
    path_of_person = ":".join(folder for folder in os.environ["PATH"].split(":") if not folder.startswith(str(ROOT)))
    return subprocess.run([ROOT / "tools" / "connect", path, "-At", *arguments], capture_output=True, text=True, check=False,
                          env={**os.environ, "PATH": path_of_person})


def refusal(house: House, role: str, database: str, *, network: bool = False) -> str:
    """What a role is told at a database's door, with its right password; empty where it got in."""
    try:
        (house.login if network else house.enter)(role, password(role), database).close()
    except psycopg2.OperationalError as error:
        return str(error)
    return ""
