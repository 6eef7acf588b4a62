# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Roads: ways out of one database into another that pass its walls."""

from __future__ import annotations

from ..items import Extension, Thing, may_lead_out
from ..model import Change
from .base import CRITICAL, HIGH, MANUAL, REMOVAL, Rule, Violation, World

DBLINK = Rule("road-dblink", CRITICAL, REMOVAL, "The extension dblink is installed.",
              "With any credentials it joins across databases: services talk through APIs only.",
              "Drops the extension, never what depends on it, nor one into which tables were put.",
              "pg_extension.")
WRAPPER = Rule("road-foreign-data-wrapper", CRITICAL, REMOVAL, "A foreign data wrapper is installed.",
               "It makes another database's tables look local.",
               "Drops the extension, never what depends on it, nor one into which tables were put.",
               "pg_extension and pg_foreign_data_wrapper.")
SERVER = Rule("road-foreign-server", CRITICAL, REMOVAL, "A foreign server is defined.",
              "It leads into another database, or around an external service's API.",
              "Drops it once nothing depends on it: mappings first, foreign tables by a human.",
              "pg_foreign_server.")
MAPPING = Rule("road-user-mapping", CRITICAL, REMOVAL, "A user mapping stores credentials for a foreign server.",
               "Another service's secret lies in this database.", "Drops it.",
               "pg_user_mappings.")
PUBLICATION = Rule("road-publication", HIGH, MANUAL, "A publication is there that the row does not declare.",
                   "Whoever can replicate reads every change of its tables.", "None: a human declares or drops it.",
                   "pg_publication against the row's publications.")
SUBSCRIPTION = Rule("road-subscription", HIGH, MANUAL, "A subscription copies another database's tables into this one.",
                    "It is a join across databases that never ends.", "None: a human disables and drops it.",
                    "pg_subscription.")
SLOT = Rule("road-replication-slot", HIGH, MANUAL, "A replication slot is there that the matrix does not name.",
            "It reads every change, or keeps the write-ahead log until the disk is full.",
            "None: a human names it in replication_slots, or drops it (pg_drop_replication_slot).",
            "pg_replication_slots against the server's replication_slots.")
RULES = (DBLINK, WRAPPER, SERVER, MAPPING, PUBLICATION, SUBSCRIPTION, SLOT)

_NEEDED = "something uses it, which a human moves away first (DROP without CASCADE says what)"
_HOLDS = ("tables or views were put into it, and DROP EXTENSION would drop them with all their rows: \\dx+ says which; take "
          "them out first (ALTER EXTENSION ... DROP TABLE ...)")
_THINGS = {
    "foreign data wrapper": (WRAPPER, "can make another database's tables look local; drop it after a look at what uses it"),
    "foreign server": (SERVER, "leads out of this database; drop it, or let the services talk through their APIs"),
    "user mapping": (MAPPING, "stores credentials for another server; drop it, and change the secret that it holds"),
    "publication": (PUBLICATION, "publishes tables of this database; name it in the row's publications, or drop it"),
    "subscription": (SUBSCRIPTION, "copies another database's tables into this one; disable and drop it"),
    "replication slot": (SLOT, "keeps or reads the write-ahead log; name it in replication_slots, or drop it with "
                         "pg_drop_replication_slot"),
}


def judge(change: Change, world: World) -> list[Violation]:
    """Extensions and things that lead out of a database."""
    item = change.item
    if isinstance(item, Extension) and change.after is None and may_lead_out(item.name):
        stays = [why for kind, why in (("extension that holds relations", _HOLDS), ("extension", _NEEDED))
                 if (item.database, kind, item.name) in world.snapshot.needed]
        rule = DBLINK if item.name == "dblink" else WRAPPER
        return [Violation(rule, f"Extension {item.name} is installed in database {item.database}: it reaches into other "
                          f"databases past their walls; {'; '.join(stays) or 'drop it once nothing needs it'}.",
                          () if stays else (change,), item.database, None, item.name, world.service(item.database))]
    if isinstance(item, Thing) and change.after is None and item.kind in _THINGS:
        rule, says = _THINGS[item.kind]
        detail = f" ({item.detail})" if item.detail else ""
        where = f" in database {item.database}" if item.database else ""
        needed = (item.database, item.kind, item.name) in world.snapshot.needed
        droppable = rule.kind == REMOVAL and item.kind != "foreign data wrapper" and not needed
        return [Violation(rule, f"{item.kind.capitalize()} {item.name}{detail}{where} {says}"
                          f"{f': {_NEEDED}' if needed else ''}.",
                          (change,) if droppable else (),
                          item.database or None, None, item.name, world.service(item.database))]
    return []
