"""Who has which database and password on the hosts of a scenario, as its inventory says; and what is on a host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from hosts.playbooks import ROOT, inventory

MAJORS: dict[str, int] = {}  # of hosts that were asked
DATABASES = ("voice_ninja", "bbworlds_nexus", "bbworlds_world", "postgres", "template1")


@dataclass(frozen=True)
class Login:
    """A role that a service or a reader logs in with, and its only database."""

    role: str
    password: str
    database: str


def load(path: str) -> dict[str, Any]:
    """A YAML file of the project."""
    found: dict[str, Any] = yaml.safe_load((ROOT / path).read_text())
    return found


def variables() -> dict[str, Any]:
    """What all hosts of the scenario share."""
    files = sorted((inventory() / "group_vars" / "all").glob("*.yml"))
    return {name: value for file in files for name, value in yaml.safe_load(file.read_text()).items()}


def logins() -> list[Login]:
    """The logins of the three services that have a database here, and the reader."""
    secrets = variables()
    names = {"voice_ninja_user": "voice_ninja", "voice_ninja_analytics": "voice_ninja", "nexus_user": "bbworlds_nexus",
             "world_user": "bbworlds_world"}
    return [Login(role, secrets[f"vault_{role}"], database) for role, database in names.items()]


def major(host: Any) -> int:
    """The major version of the host's server."""
    name = host.backend.host
    if name not in MAJORS:
        MAJORS[name] = int(host.check_output("ls /etc/postgresql"))
    return MAJORS[name]


def sql(host: Any, statement: str, database: str = "postgres") -> str:
    """What the server answers to its superuser."""
    with host.sudo("postgres"):
        answer: str = host.check_output("psql -X -At -v ON_ERROR_STOP=1 -d %s -c %s", database, statement)
    return answer
