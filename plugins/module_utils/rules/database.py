# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Databases: those of the matrix are there and work, all others are nobody's business to enter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

from ..expand.scope import MAINTAINED
from ..items import Database, Grant, Session, Table
from ..matrix.types import ACTIVE
from ..model import Change
from .base import CRITICAL, DISRUPTIVE, HIGH, MANUAL, MEDIUM, SAFE, Rule, Violation, World

MISSING = Rule("database-missing", HIGH, SAFE, "The database of an active row does not exist.", "The service is down.",
               "Creates it, closed until PUBLIC is out, and all that belongs to it. Where its tables lie in a database that "
               "no row knows it was renamed: a human renames it back, nothing is created beside it.",
               "pg_database; where all databases are looked into, for the tables of the missing one.")
CLOSED = Rule("database-closed", HIGH, SAFE, "The database of a row refuses all connections.",
              "The service is down, and nobody can look inside.", "Allows connections again.",
              "pg_database.datallowconn.")
INVALID = Rule("database-invalid", HIGH, MANUAL, "A database was left invalid by an interrupted DROP DATABASE.",
               "Nobody can enter it again.", "None: restore it from its backup, after dropping what is left.",
               "pg_database.datconnlimit is -2.")
TEMPLATE = Rule("database-template", CRITICAL, SAFE,
                "A service's database is marked as a template, or a template is not one.",
                "Any role with CREATEDB may copy a template, all rows included.", "Corrects the mark.",
                "pg_database.datistemplate.")
OPEN_TEMPLATE = Rule("database-template0", MEDIUM, SAFE, "template0 accepts connections.",
                     "The pristine template of all databases can be changed.", "Closes it.",
                     "pg_database.datallowconn of template0.")
UNALLOCATED = Rule("database-unallocated", MEDIUM, DISRUPTIVE, "A database is there that no active or retired row names.",
                   "Nobody answers for its data, and services may meet in it.",
                   "Fences it: takes it from owners who are no superusers, revokes every CONNECT, ends its sessions. It "
                   "keeps its data and stays reported until a human allocates or removes it; it is never dropped.",
                   "pg_database against the rows of the matrix.")
UNSEEN = Rule("database-unseen", HIGH, MANUAL, "The inside of a database could not be looked at.",
              "What cannot be seen cannot be called right.", "None: the message says what stood in the way.",
              "The visit failed, or the database refuses connections.")
RULES = (MISSING, CLOSED, INVALID, TEMPLATE, OPEN_TEMPLATE, UNALLOCATED, UNSEEN)


def judge(change: Change, world: World) -> list[Violation]:
    """Violations in one database's difference; its owner and its limit are other families'."""
    if not isinstance(change.item, Database):
        return []
    if change.before is None:
        return [_missing(change, world)]
    now = cast("Database", change.before)
    service = world.service(now.name)
    if change.after is None:
        return [_unallocated(now, world)]
    wanted = cast("Database", change.after)
    found = []
    if now.limit == -2:
        return [Violation(INVALID,
                          f"Database {now.name} is invalid: dropping it was interrupted. Restore it from its backup.",
                          database=now.name, service=service)]
    if wanted.connections and not now.connections:
        found.append(Violation(CLOSED, f"Database {now.name} refuses all connections: its service is down, and its inside "
                               "cannot be judged.", (Change(now, replace(now, connections=True)),), now.name,
                               service=service))
    if now.connections and not wanted.connections:
        found.append(Violation(OPEN_TEMPLATE, f"{now.name} accepts connections: whoever gets in changes what every new "
                               "database is made of.", (Change(now, replace(now, connections=False)),), now.name))
    if now.template != wanted.template:
        says = "is marked as a template: any role with CREATEDB may copy all its rows" if now.template \
            else "is not marked as a template any more: its owner could drop it"
        found.append(Violation(TEMPLATE, f"Database {now.name} {says}.",
                               (Change(now, replace(now, template=not now.template)),), now.name, service=service,
                               severity=CRITICAL if now.template else MEDIUM))
    return found


def _missing(change: Change, world: World) -> Violation:
    name = change.item.key[0]
    place = world.scope.places[str(name)]
    declared = set(place.row.tables) if place.row else set()
    for database in sorted(world.now.of(Database).values()):
        if database.name in world.scope.places:
            continue
        inside = {table.name for table in world.now.of(Table).values() if table.database == database.name}
        shared = declared & inside
        if shared and len(shared) * 2 >= len(declared):
            return Violation(MISSING, f"Database {name} of service {place.service} does not exist, but {len(shared)} of its "
                             f"{len(declared)} tables lie in database {database.name}, which no row knows: it was renamed. "
                             f"Rename it back (ALTER DATABASE {database.name} RENAME TO {name}), or allocate it.",
                             database=str(name), service=place.service)
    return Violation(MISSING, f"Database {name} of service {place.service} does not exist: the service cannot start.",
                     (change,), str(name), service=place.service)


def _unallocated(now: Database, world: World) -> Violation:
    row = world.scope.absent.get(now.name)
    says = f"belongs to service {row.service}, whose status is {row.status}" if row else "is named by no row"
    changes: list[Change] = []
    if now.owner not in world.snapshot.superusers:
        changes.append(Change(now, replace(now, owner=world.scope.bootstrap)))
    # an owner who is about to change takes its privileges along
    changes += [Change(grant, None) for grant in sorted(world.now.of(Grant).values())
                if grant.obj == now.obj and grant.grantee not in (*world.snapshot.superusers, now.owner)
                and grant.grantor == now.owner]
    changes += [Change(session, None) for session in sorted(world.now.of(Session).values())
                if session.database == now.name and session.role not in world.snapshot.superusers]
    return Violation(UNALLOCATED, f"Database {now.name} {says}, and exists: allocate it (status active or retired), or back "
                     "it up and remove it.", tuple(changes), now.name, service=row.service if row else None)


def unseen(world: World) -> Iterator[Violation]:
    """Databases that needed a visit and did not get it; one that refuses connections is reported as that."""
    for name, why in sorted(world.snapshot.unseen.items()):
        database = world.now.get(Database, name)
        place = world.place(name)
        if place is None or place.kind == MAINTAINED and name == "template0" or database is None:
            continue
        if place.kind == ACTIVE and not database.connections:
            continue
        yield Violation(UNSEEN, f"Database {name} could not be looked into: {why}.", database=name,
                        service=world.service(name))
