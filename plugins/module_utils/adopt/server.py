# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The entry of a server that the matrix does not know yet."""

from __future__ import annotations

from typing import Any

from ..items import Extension, Thing, may_lead_out
from ..matrix.fields import extensions as extension_names
from ..matrix.kinds import hba_line, ident_line
from .addresses import operators_lines
from .facts import MAINTENANCE, Facts
from .names import fits
from .row import Entry

USUAL_PORT = "5432"


def entry(facts: Facts) -> Entry:
    """Its keys, without system roles."""
    notes: list[str] = []
    reserved = [facts.server_setting(name) or 0 for name in ("superuser_reserved_connections", "reserved_connections")]
    keys: dict[str, Any] = {"mode": "audit", "max_connections": facts.server_setting("max_connections") or 100,
                            "maintenance_connections": max(1, sum(reserved))}
    if facts.settings.get("port", USUAL_PORT) != USUAL_PORT:
        keys["port"] = int(facts.settings["port"])
    hba, ident, more = operators_lines(facts)
    notes += more
    keys |= {key: [one for one in lines if fits(kind, one)]
             for key, lines, kind in (("hba", hba, hba_line), ("ident", ident, ident_line)) if lines}
    extensions = [one.name for one in facts.snapshot.model.near(Extension, MAINTENANCE)
                  if one.name != "plpgsql" and not may_lead_out(one.name) and fits(extension_names.kind, one.name)]
    slots = sorted(thing.name for thing in facts.snapshot.model.of(Thing).values() if thing.kind == "replication slot")
    keys |= {key: found for key, found in (("extensions", extensions), ("replication_slots", slots)) if found}
    folders = facts.settings.get("unix_socket_directories", "").split(",")
    if facts.settings.get("listen_addresses") == "" and folders[0].strip():
        keys["client_host"] = folders[0].strip().strip('"')
    if facts.snapshot.system_identifier:
        keys["system_identifier"] = facts.snapshot.system_identifier
    return Entry(keys, notes)
