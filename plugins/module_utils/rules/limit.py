# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Limits: no service takes the connections of another, and operators always get in."""

from __future__ import annotations

from dataclasses import replace

from ..expand.server import RESERVES
from ..items import INVALID, UNLIMITED, Database, Role, ServerSetting
from ..model import Change
from .base import HIGH, MANUAL, MEDIUM, SAFE, Rule, Violation, World

ROLE = Rule("limit-role", HIGH, SAFE, "A role's connection limit is not the declared one.",
            "Without a limit it takes every slot and its neighbours starve; with too low a one its service is down.",
            "Sets the declared limit; open sessions stay.",
            "pg_authid.rolconnlimit.")
DATABASE = Rule("limit-database", HIGH, SAFE, "A database's connection limit is not what its roles may take together.",
                "Too high, it is no second wall; too low, the service is down.", "Sets it; open sessions stay.",
                "pg_database.datconnlimit.")
SERVER = Rule("limit-server", HIGH, MANUAL,
              "The running server has fewer connections than the matrix says, or keeps fewer or far more back.",
              "The budget is a promise that the server does not keep: operators can be locked out, or services.",
              "None here: the server's configuration must change, with a restart.",
              "pg_settings: max_connections, superuser_reserved_connections, reserved_connections.")
RULES = (ROLE, DATABASE, SERVER)


def judge(change: Change, world: World) -> list[Violation]:
    """Violations of the limit of a role or a database."""
    now, wanted = change.before, change.after
    if isinstance(now, ServerSetting) and isinstance(wanted, ServerSetting):
        return _server(now, wanted)
    if not isinstance(now, (Role, Database)) or not isinstance(wanted, (Role, Database)) or now.limit == wanted.limit:
        return []
    says = "no connection limit" if now.limit == UNLIMITED else f"a connection limit of {now.limit}"
    lets = "it can take the slots of its neighbours" if now.limit == UNLIMITED or now.limit > wanted.limit \
        else "its service is kept out" if now.limit == 0 else "its service gets fewer than it was promised"
    severity = HIGH if now.limit in (UNLIMITED, 0) else MEDIUM
    if isinstance(now, Database) and now.limit == INVALID:
        return []
    if isinstance(now, Role):
        return [Violation(ROLE,
                          f"Role {now.name} of {world.scope.home(now.name)} has {says}, declared is {wanted.limit}: {lets}.",
                          (Change(now, replace(now, limit=wanted.limit)),), role=now.name,
                          service=world.service(role=now.name), severity=severity)]
    together = f"its roles may take {wanted.limit} together" if wanted.limit != UNLIMITED else "system roles need more"
    return [Violation(DATABASE, f"Database {now.name} has {says}, {together}: {lets}.",
                      (Change(now, replace(now, limit=wanted.limit)),), database=now.name,
                      service=world.service(now.name), severity=severity)]


def _server(now: ServerSetting, wanted: ServerSetting) -> list[Violation]:
    if now.name not in RESERVES:
        return []
    return [Violation(SERVER, f"The server runs with {now.name} = {now.value}, the matrix needs {wanted.value}: set it in "
                      "the server's configuration (ALTER SYSTEM SET) and restart PostgreSQL.", object=now.name)]
