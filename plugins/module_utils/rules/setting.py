# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stored settings: a database has those of its row; nobody else stores any, and the server's open no door."""

from __future__ import annotations

from typing import cast

from .. import hide
from ..expand.server import RESERVES
from ..items import ServerSetting, Setting
from ..model import Change
from .base import HIGH, MANUAL, MEDIUM, SAFE, Rule, Violation, World

MISSING = Rule("setting-missing", HIGH, SAFE, "A declared setting of a database is missing or has another value.",
               "The protection that it gives the neighbours (time, disk, idle transactions) is gone, or the service is "
               "hindered.",
               "Stores the declared value; new sessions get it.",
               "pg_db_role_setting; 60s and 1min are alike.")
UNDECLARED = Rule("setting-undeclared", HIGH, SAFE, "A setting is stored that no row declares.",
                  "Settings steer what later sessions run, find and may use: search_path, role, preload libraries, "
                  "read-only.",
                  "Resets it; new sessions start without it.",
                  "pg_db_role_setting: of databases, of roles, of both, and of all roles.")
SERVER = Rule("setting-server", MEDIUM, MANUAL, "A setting of the whole server opens a door, weakens secrets or "
              "stops every service.", "It applies to every service at once.",
              "None here: the server's configuration must change.",
              "pg_settings, and the files where our own sessions have a value of their own; for standbys that commits wait "
              "for, pg_stat_replication.")
RULES = (MISSING, UNDECLARED, SERVER)

# what stops every service at once
_STOPS = {"default_transaction_read_only": "no service can write a row",
          "statement_timeout": "statements of every service are ended before they are done",
          "transaction_timeout": "transactions of every service are ended before they are done",
          "idle_in_transaction_session_timeout": "sessions of every service are ended between two statements",
          "idle_session_timeout": "sessions of every service are ended between two statements",
          "search_path": "services do not find their tables, or find somebody's functions first",
          "synchronous_standby_names": "no standby that it names is connected, and every commit waits for one"}


def judge(change: Change, world: World) -> list[Violation]:
    """Violations in one stored or running setting."""
    item = change.item
    if isinstance(item, ServerSetting):
        if item.name in RESERVES:
            return []
        now, wanted = cast("tuple[ServerSetting, ServerSetting]", (change.before, change.after))
        stops = _STOPS.get(now.name)
        return [Violation(SERVER, f"The server runs with {now.name} = {now.value or 'empty'}, right is "
                          f"{wanted.value or 'empty'}: {stops + ': ' if stops else ''}set it in the server's configuration "
                          "and reload or restart.",
                          object=now.name, severity=HIGH if stops or "preload" in now.name else MEDIUM)]
    item = cast("Setting", item)
    said = (f"role {item.role}" if item.role else "", f"database {item.database}" if item.database else "")
    where = " in ".join(filter(None, said)) or "all roles"
    service = world.service(item.database, item.role)
    if change.after is None:
        return [Violation(UNDECLARED, f"The setting {item.name} = {hide.value(item)} is stored for {where}, and no row "
                          "declares it: later sessions there take it over.", (change,), item.database or None,
                          item.role or None, item.name, service, HIGH if item.database or item.role else MEDIUM)]
    says = f"is {hide.value(change.before)}" if isinstance(change.before, Setting) else "is not stored"
    return [Violation(MISSING, f"The setting {item.name} of {where} {says}, declared is {item.value}.", (change,),
                      item.database or None, item.role or None, item.name, service)]
