# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Grants: on databases and on what lies in them, now and by default privileges."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ..expand.scope import MAINTAINED
from ..items import DATABASE_OWNER, PUBLIC, RELATIONS, ROUTINES, Database, DefaultGrant, Grant, Obj, Owner, Role
from ..matrix.types import ACTIVE
from ..model import Change
from ..ties import Ties
from .base import CRITICAL, HIGH, LOW, MANUAL, MEDIUM, SAFE, Rule, Violation, World

PUBLIC_CONNECT = Rule("database-public-connect", CRITICAL, SAFE, "PUBLIC may connect to a database.",
                      "Every role of the server gets in, those of other services too.",
                      "Revokes it from PUBLIC; open sessions stay.",
                      "pg_database.datacl, defaults expanded.")
PUBLIC_TEMPORARY = Rule("database-public-temporary", MEDIUM, SAFE, "PUBLIC may create temporary tables in a database.",
                        "A read-only reader fills the service's disk.", "Revokes it from PUBLIC.",
                        "pg_database.datacl, defaults expanded.")
DATABASE_FOREIGN = Rule("database-foreign-grant", HIGH, SAFE, "A role holds privileges on a database that is not its own.",
                        "It may enter the neighbour's database, or make schemas in it.", "Revokes them; open sessions stay.",
                        "pg_database.datacl, defaults expanded.")
DATABASE_MISSING = Rule("database-grant-missing", HIGH, SAFE, "A role lacks a privilege on its own database.",
                        "The owner, a login or a reader cannot get in.", "Grants it.",
                        "pg_database.datacl, defaults expanded.")
PUBLIC_GRANT = Rule("grant-public", HIGH, SAFE, "PUBLIC holds privileges on an object.",
                    "Whoever gets into the database has them.", "Revokes them.",
                    "The ACL of every object and column, defaults expanded.")
DEFINER = Rule("grant-definer-public", HIGH, SAFE, "PUBLIC may execute a function that runs as its owner.",
               "A read-only reader writes through it.", "Revokes it from PUBLIC; the row's logins get it by name.",
               "pg_proc.prosecdef and proacl, where NULL means EXECUTE for PUBLIC.")
FOREIGN = Rule("grant-foreign", HIGH, SAFE, "A role holds privileges on an object of a database that is not its own.",
               "It reads or changes the neighbour's rows, now or as soon as it gets in.",
               "Revokes them. A human does where a function that nobody has read, or a view, works in there as a role that "
               "nobody from outside of the service can be.",
               "The ACL of every object and column, defaults expanded, against the roles of the row.")
BEYOND = Rule("grant-beyond", HIGH, SAFE, "A reader, login or system role holds more than its part allows.",
              "A reader must only read, a login only write rows, a monitor see no table.",
              "Revokes what is too much. A human does where a function that nobody has read runs as the login or reader.",
              "The ACL of every object and column, against what the role's part allows.")
OPTION = Rule("grant-option", HIGH, SAFE, "A role may pass on its privileges.", "It lets in whom it likes.",
              "Revokes the grant option, and what was passed on with it.",
              "The stars of every ACL.")
MISSING = Rule("grant-missing", MEDIUM, SAFE,
               "A role lacks privileges on an object of its own database, or has them only by a way that is to end.",
               "The owner, a login or a reader cannot do its work, now or once that way is closed.",
               "Grants them.",
               "The ACL of every object, against what readers and logins need, and against what they can do today as "
               "superusers, through PUBLIC, through other roles.")
SYSTEM = Rule("grant-system-object", CRITICAL, SAFE,
              "A role holds privileges on an object of PostgreSQL that are kept for superusers.",
              "Such functions read files, switch the log, reload the server.", "Revokes them.",
              "ACLs that differ from those that initdb or the extension's script gave (pg_init_privs).")
SYSTEM_MISSING = Rule("grant-system-missing", MEDIUM, MANUAL,
                      "A service lacks what PostgreSQL gives to everybody on its own objects.",
                      "Its statements, or its clients' look at the catalogs, are refused.",
                      "None: only a human knows whether it was taken on purpose. Give it back to PUBLIC, or to the row's "
                      "roles by name. Low for what services seldom need and administrators take away: languages, "
                      "functions and views about the server and its large objects.",
                      "ACLs that lack what initdb gave to PUBLIC, against what the row's roles hold by name.")
PARAMETER = Rule("grant-parameter", HIGH, SAFE, "A role may set a setting that is kept for superusers.",
                 "It lifts a limit that protects its neighbours, or runs a command as the server.", "Revokes it.",
                 "pg_parameter_acl.")
TABLESPACE = Rule("grant-tablespace", LOW, SAFE, "A role may create in a tablespace.", "It puts its files there.",
                  "Revokes it.",
                  "pg_tablespace.spcacl, that of pg_default too.")
DEFAULT_FOREIGN = Rule("grant-default-foreign", HIGH, SAFE,
                       "Default privileges give objects made later to whom they must not be given.",
                       "Nothing is to be seen today; the next table lets the wrong ones in.", "Revokes the default.",
                       "pg_default_acl.")
DEFAULT_MISSING = Rule("grant-default-missing", MEDIUM, SAFE,
                       "Default privileges do not give tables made later to a reader or login.",
                       "After the next migration it cannot do its work.", "Grants them for all schemas.",
                       "pg_default_acl of the owner, for all schemas or for each.")
DANGLING = Rule("grant-dangling", LOW, MANUAL, "A grant belongs to a role that no longer exists.",
                "A later role could get its number, and with it the privilege.",
                "None: the catalog's entry must be mended by a human, or the object recreated.",
                "A number stands where an ACL has a role's name.")
RULES = (PUBLIC_CONNECT, PUBLIC_TEMPORARY, DATABASE_FOREIGN, DATABASE_MISSING, PUBLIC_GRANT, DEFINER, FOREIGN, BEYOND,
         OPTION, MISSING, SYSTEM, SYSTEM_MISSING, PARAMETER, TABLESPACE, DEFAULT_FOREIGN, DEFAULT_MISSING, DANGLING)

# where clients look up tables of their own; other catalogs and views administrators keep from services on purpose
_LOOKED_UP = ("pg_attrdef", "pg_attribute", "pg_class", "pg_constraint", "pg_enum", "pg_index", "pg_namespace", "pg_range",
              "pg_type", "columns", "tables")
_ABOUT_THE_SERVER = re.compile(r"pg_|lo_|loread$|lowrite$|has_|inet_|txid_|\w+_to_xml|version$|current_setting$|set_config$")
_SINGLY = 8  # more objects of one kind are told together


def judge(change: Change, world: World) -> list[Violation]:
    """Violations in one grant, or one default grant."""
    item = change.item
    if isinstance(item, DefaultGrant):
        return _default(change, item, world)
    if not isinstance(item, Grant):
        return []
    now, wanted = change.before, change.after
    held = set(now.privileges) if isinstance(now, Grant) else set()
    right = set(wanted.privileges) if isinstance(wanted, Grant) else set()
    found = []
    if isinstance(now, Grant) and held - right:
        found.append(_too_much(now, tuple(sorted(held - right)), world))
    elif isinstance(now, Grant) and isinstance(wanted, Grant) and set(now.grantable) - set(wanted.grantable):
        found.append(_violation(OPTION, replace(now, privileges=now.grantable),
                                Change(now, replace(now, grantable=wanted.grantable)),
                                "and may pass that on to whom it likes", world))
    if right - held:
        rule = DATABASE_MISSING if item.obj.kind == "DATABASE" else MISSING
        gain = Change(now, replace(item, privileges=tuple(sorted(held | right)), grantable=getattr(now, "grantable", ())))
        found.append(_lacks(rule, item, tuple(sorted(right - held)), gain, world))
    return found


def _too_much(grant: Grant, privileges: tuple[str, ...], world: World) -> Violation:
    """A grant, or a part of one, that must go. What hangs on another's grant option goes with that."""
    held, database = replace(grant, privileges=privileges), grant.obj.database
    owner = _owner_of(grant, world)
    if grant.grantee.isdigit() and grant.grantee not in {str(key[0]) for key in world.now.of(Role)}:
        return _violation(DANGLING, held, None, "a role that is gone", world)
    rest = tuple(sorted(set(grant.privileges) - set(privileges)))
    after = replace(grant, privileges=rest, grantable=tuple(sorted(set(grant.grantable) & set(rest)))) if rest else None
    passed_on = owner is not None and grant.grantor != owner
    remedy = None if passed_on else Change(grant, after)
    rule, lets = _rule(held, world)
    severity = ""
    if rule is FOREIGN:
        severity = CRITICAL if world.can_enter(grant.grantee, database) else MEDIUM
    if "TRIGGER" in privileges:
        lets += "; a trigger that it has made there stays: look at those of the table"
    if passed_on:
        lets += f" (passed on by {grant.grantor}, and ends with its grant option)"
    return _violation(rule, held, remedy, lets, world, severity)


def _owner_of(grant: Grant, world: World) -> str | None:
    """Whose grants a superuser's REVOKE takes back: those of the object's owner."""
    if grant.obj.kind == "DATABASE":
        database = world.now.get(Database, grant.obj.name)
        return database.owner if database else None
    owner = world.now.of(Owner).get((grant.obj,))
    return owner.owner if owner else None


def _rule(grant: Grant, world: World) -> tuple[Rule, str]:
    obj, place = grant.obj, world.place(grant.obj.database or grant.obj.name)
    if obj.kind == "DATABASE":
        if grant.grantee == PUBLIC:
            if "CONNECT" in grant.privileges:
                return PUBLIC_CONNECT, "every role of the server gets in"
            return PUBLIC_TEMPORARY, "whoever is inside fills its disk with temporary tables"
        return DATABASE_FOREIGN, "it is not its database"
    if obj.kind == "PARAMETER":
        return PARAMETER, "it lifts what protects its neighbours"
    if obj.kind == "TABLESPACE":
        return TABLESPACE, "it puts its files there"
    if obj in world.snapshot.builtins:
        return SYSTEM, "PostgreSQL keeps it for superusers"
    if grant.grantee == PUBLIC:
        return (DEFINER, "it runs as its owner, whoever calls it") if obj.kind in ROUTINES else (
            PUBLIC_GRANT, "whoever gets into the database has that")
    own = place is not None and place.kind in (ACTIVE, MAINTAINED) and (
        grant.grantee in (*place.readers, *place.logins) or grant.grantee in place.systems)
    return (BEYOND, "that is more than its part allows") if own else (FOREIGN, "it is not its database")


def _violation(rule: Rule, grant: Grant, remedy: Change | None, lets: str, world: World, severity: str = "") -> Violation:
    obj, database = grant.obj, grant.obj.database or (grant.obj.name if grant.obj.kind == "DATABASE" else "")
    column = f" ({grant.column})" if grant.column else ""
    where = f" in database {grant.obj.database}" if grant.obj.database else ""
    who = world.who(grant.grantee)
    if obj.kind == "DATABASE" and database in ("postgres", "template1") and rule is PUBLIC_CONNECT:
        severity = MEDIUM
    return Violation(rule, f"{who[0].upper()}{who[1:]} holds {', '.join(grant.privileges)}{column} on {obj.kind.lower()} "
                     f"{obj.text}{where}: {lets}.", (remedy,) if remedy else (), database or None, grant.grantee,
                     obj.text + (f".{grant.column}" if grant.column else ""), world.service(database, grant.grantee),
                     severity)


def lacks(held: Grant | None, obj: Obj, role: str, owner: str, missing: set[str], world: World) -> Violation:
    """That `role` lacks `missing` on `obj` of `owner`, beside what it has `held` from that one."""
    item = held or Grant(obj, "", role, owner, ())
    gain = Change(held, replace(item, privileges=tuple(sorted({*item.privileges, *missing}))))
    return _lacks(MISSING, item, tuple(sorted(missing)), gain, world)


def _lacks(rule: Rule, grant: Grant, privileges: tuple[str, ...], change: Change, world: World) -> Violation:
    obj, database = grant.obj, grant.obj.database or grant.obj.name
    where = f" in database {grant.obj.database}" if grant.obj.database else ""
    who = f"Role {grant.grantee} ({world.scope.home(grant.grantee)})"
    identity = world.scope.roles.get(grant.grantee)
    severity = MEDIUM if identity and identity.kind in ("reader", "system") else ""
    held = world.snapshot.today.get(obj.database, {}).get(obj, {}).get((grant.grantee, grant.column), frozenset())
    what = f"{', '.join(privileges)}{f' ({grant.column})' if grant.column else ''} on {obj.kind.lower()} {obj.text}{where}"
    says = f"{who} lacks {what}: it cannot do its work."
    if held >= set(privileges):
        says = f"{who} has {what} only by a way that is to end (PUBLIC, another role, ownership, SUPERUSER): it needs a " \
            "grant of its own."
    return Violation(rule, says, (change,), database, grant.grantee, obj.text + (f".{grant.column}" if grant.column else ""),
                     world.service(database, grant.grantee), severity)


def taken(world: World) -> Iterator[Violation]:
    """What services lack because PUBLIC has lost it on PostgreSQL's own objects."""
    ties = Ties(world.now)
    groups: dict[tuple[str, str, str], list[tuple[Obj, list[str]]]] = {}
    for obj in sorted(world.snapshot.taken):
        lacking = _lacking(obj, ties, world)
        if lacking:
            groups.setdefault((obj.database, obj.kind, obj.schema), []).append((obj, lacking))
    for (_database, kind, schema), found in groups.items():
        roles = sorted({role for _obj, lacking in found for role in lacking})
        severity = MEDIUM if any(_needed(obj) for obj, _lacking in found) else LOW
        if len(found) > _SINGLY:
            yield _taken(f"{len(found)} {kind.lower()}s of {schema}", f"{kind.lower()}s of {schema}", found[0][0], roles,
                         severity, world)
            continue
        for obj, lacking in found:
            yield _taken(f"{kind.lower()} {obj.text}", obj.text, obj, lacking, MEDIUM if _needed(obj) else LOW, world)


def _lacking(obj: Obj, ties: Ties, world: World) -> list[str]:
    """The row's roles that do not hold what PUBLIC has lost."""
    place = world.place(obj.database)
    if place is None or place.kind != ACTIVE:
        return []
    held = world.snapshot.taken[obj].values()
    roles = [role for role in (place.owner, *place.logins, *place.readers) if role not in world.snapshot.superusers]
    ways = {role: ties.inherited(role) | ({DATABASE_OWNER} if role == place.owner else set()) for role in roles}
    return [role for role in roles if not all(ways[role] & by_name for by_name in held)]


def _needed(obj: Obj) -> bool:
    """Whether ordinary clients and statements can hardly do without it."""
    if obj.kind in RELATIONS:
        return obj.name in _LOOKED_UP
    return obj.kind != "LANGUAGE" and not (obj.kind in ROUTINES and _ABOUT_THE_SERVER.match(obj.name))


def _taken(what: str, name: str, obj: Obj, roles: list[str], severity: str, world: World) -> Violation:
    lost = ", ".join(world.snapshot.taken[obj])
    return Violation(SYSTEM_MISSING, f"PUBLIC has lost {lost} on {what} in database {obj.database}: it is refused to "
                     f"{', '.join(roles)}, who do not hold it by name. GRANT it to PUBLIC again or, if it was taken on "
                     "purpose, to them.", database=obj.database, object=name, service=world.service(obj.database),
                     severity=severity)


def _default(change: Change, item: DefaultGrant, world: World) -> list[Violation]:
    held = set(change.before.privileges) if isinstance(change.before, DefaultGrant) else set()
    right = set(change.after.privileges) if isinstance(change.after, DefaultGrant) else set()
    scope = f"in schema {item.schema}" if item.schema else "in all schemas"
    made = f"{item.kind.lower()} that {item.creator} makes {scope} of database {item.database}"
    who, service = world.who(item.grantee), world.service(item.database, item.grantee)
    named = f"default privileges of {item.creator}{f' in {item.schema}' if item.schema else ''} on {item.kind.lower()}"
    found = []
    options = set(getattr(change.before, "grantable", ())) - set(getattr(change.after, "grantable", ()))
    if held - right or options:
        after = replace(item, privileges=tuple(sorted(held & right)), grantable=()) if held & right else None
        found.append(Violation(DEFAULT_FOREIGN, f"By default privileges {who} gets "
                               f"{', '.join(sorted(held - right or options))} on {made}: nothing shows today, the next one "
                               "lets it in.", (Change(change.before, after),),
                               item.database, item.grantee, named, service))
    if right - held:
        found.append(Violation(DEFAULT_MISSING, f"By default privileges {who} gets no {', '.join(sorted(right - held))} on "
                               f"{made}: after the next migration it cannot do its work.",
                               (Change(change.before, replace(item, privileges=tuple(sorted(held | right)))),),
                               item.database, item.grantee, named, service))
    return found
