# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Owners: what lies in a service's database belongs to the service, the database itself included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..items import ROUTINES, Database, Owner
from ..matrix.types import ACTIVE
from ..model import Change
from .base import CRITICAL, HIGH, MEDIUM, SAFE, Rule, Violation, World

DATABASE = Rule("owner-database", HIGH, SAFE, "A database does not belong to its declared owner.",
                "Its owner may open, rename or drop it; the service itself may not keep it.",
                "Gives it to the declared owner.",
                "pg_database.datdba.")
SCHEMA = Rule("owner-schema", HIGH, SAFE, "A schema of a service's database belongs to somebody else.",
              "Its owner drops, or plants, what lies in it.",
              "Gives it to the declared owner. A human does where a function that nobody has read runs as the present one.",
              "pg_namespace.nspowner.")
OBJECT = Rule("owner-object", HIGH, SAFE, "An object of a service's database belongs to somebody else.",
              "Its owner reads, changes and drops it whatever is granted; the service cannot migrate it.",
              "Gives it to the declared owner. Functions of anybody but a superuser are left: their code would run as the "
              "owner. A human changes it where that decides who sees which rows under row security, and where such a "
              "function works with it; the owner gets all privileges on it until then.",
              "The owner's column of every catalog that has one.")
TABLESPACE = Rule("owner-tablespace", MEDIUM, SAFE, "A tablespace belongs to a role that is no superuser.",
                  "It puts its files where its neighbours' disk is.", "Gives it to the superuser.",
                  "pg_tablespace.spcowner.")
SYSTEM = Rule("owner-system-object", CRITICAL, SAFE,
              "An object of PostgreSQL or of an extension belongs to a role that is no superuser, or is a row's table.",
              "Its owner changes what everybody calls. No dump has the rows of an extension's table.",
              "Gives it back to the superuser. A table or view in an extension is the service's: a human takes it out.",
              "Owners of objects that initdb or an extension made, names of tables in extensions.")
RULES = (DATABASE, SCHEMA, OBJECT, TABLESPACE, SYSTEM)


def judge(change: Change, world: World) -> list[Violation]:
    """Violations of ownership."""
    now, wanted = change.before, change.after
    if isinstance(now, Database) and isinstance(wanted, Database) and now.owner != wanted.owner:
        critical = now.owner in world.scope.roles or now.owner not in world.snapshot.superusers
        return [Violation(DATABASE, f"Database {now.name} belongs to role {now.owner} ({world.scope.home(now.owner)}), not "
                          f"to {wanted.owner}: its owner may open, rename or drop it.",
                          (Change(now, replace(now, owner=wanted.owner)),), now.name, now.owner, None,
                          world.service(now.name), CRITICAL if critical else HIGH)]
    if not isinstance(now, Owner) or not isinstance(wanted, Owner):
        return []
    obj = now.obj
    rule = OBJECT
    if obj.kind == "TABLESPACE":
        rule = TABLESPACE
    elif obj in world.snapshot.builtins:
        rule = SYSTEM
    elif obj.kind == "SCHEMA":
        rule = SCHEMA
    critical = now.owner in world.scope.roles and rule is OBJECT
    code = rule is SYSTEM and obj.kind in (*ROUTINES, "VIEW", "MATERIALIZED VIEW") and obj not in world.snapshot.within
    if code:  # its owner may have rewritten it, and it would run as the superuser
        return [Violation(rule, f"{obj.kind.capitalize()} {obj.text} of PostgreSQL or an extension belongs to role "
                          f"{now.owner} ({world.scope.home(now.owner)}), who may have rewritten it: read it, then ALTER ... "
                          f"OWNER TO {wanted.owner}.", (), obj.database or None, now.owner, obj.text,
                          world.service(obj.database, now.owner))]
    return [Violation(rule, f"{obj.kind.capitalize()} {obj.text} belongs to role {now.owner} "
                      f"({world.scope.home(now.owner)}), not to {wanted.owner}: its owner may read, change and drop it.",
                      (change,), obj.database or None,
                      now.owner, obj.text, world.service(obj.database, now.owner), CRITICAL if critical else "")]


def hidden(world: World) -> Iterator[Violation]:
    """Tables, views and sequences of services that somebody has put into an extension."""
    for obj, extension in sorted(world.snapshot.within.items()):
        place, owner = world.place(obj.database), world.now.of(Owner).get((obj,))
        declared = place is not None and place.row is not None and place.kind == ACTIVE and (
            obj.schema == "public" and obj.name in place.row.tables)
        if not declared and (owner is None or owner.owner in world.snapshot.superusers):
            continue
        belongs = f" of role {owner.owner} ({world.scope.home(owner.owner)})" if owner else ""
        yield Violation(SYSTEM, f"{obj.kind.capitalize()} {obj.text}{belongs} hides in extension {extension} of database "
                        f"{obj.database}: a dump leaves it out, rows included, and DROP EXTENSION drops it; take it out: "
                        f"ALTER EXTENSION {extension} DROP {obj.kind} {obj.text}.", database=obj.database,
                        role=owner.owner if owner else None, object=obj.text,
                        service=world.service(obj.database, owner.owner if owner else ""))
