# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Roles: the ones that the matrix names are as it says, the others have no business with a service."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from ..items import Role, Session
from ..model import Change
from ..schema.login import is_one_time
from .base import CRITICAL, DISRUPTIVE, HIGH, LOW, MANUAL, MEDIUM, SAFE, Rule, Violation, World

MISSING = Rule("role-missing", HIGH, SAFE, "A role that the matrix names does not exist.",
               "The service cannot log in, or its database has no rightful owner.", "Creates it as the row says.",
               "pg_authid against the rows of the matrix.")
ATTRIBUTE = Rule("role-attribute", CRITICAL, SAFE, "A role has an attribute that no service needs.",
                 "Superusers pass every wall; CREATEROLE, CREATEDB, REPLICATION and BYPASSRLS each open one.",
                 "Takes the attribute away. BYPASSRLS a human takes where a rightful role would see other rows without it.",
                 "pg_authid, the roles that initdb made too.")
NOLOGIN = Rule("role-no-login", HIGH, SAFE, "A role that a service logs in with may not log in.",
               "The service is down.", "Gives it LOGIN.",
               "pg_authid.rolcanlogin.")
LOGIN = Rule("role-login", MEDIUM, DISRUPTIVE,
             "A role may log in that must not: a retired service's, or an owner's beside logins.",
             "A retired service could go on, or the owner's rights be used where only a login's are meant.",
             "Takes LOGIN away and ends its sessions.",
             "pg_authid.rolcanlogin.")
UNALLOCATED = Rule("role-unallocated", HIGH, DISRUPTIVE, "A role may log in that no row of the matrix knows.",
                   "Whoever holds its password is on the server, and nobody answers for it.",
                   "Fences it: takes LOGIN and attributes away and ends its sessions. It stays reported until it is "
                   "allocated or removed by a human; it is never dropped.",
                   "pg_authid against the rows and system roles of the matrix.")
RULES = (MISSING, ATTRIBUTE, NOLOGIN, LOGIN, UNALLOCATED)

_ATTRIBUTES = {"superuser": (CRITICAL, "passes every wall of every database"),
               "createrole": (CRITICAL, "makes and changes roles, on PostgreSQL 15 any role"),
               "replication": (CRITICAL, "reads every change of every database"),
               "bypassrls": (HIGH, "passes row security"),
               "createdb": (MEDIUM, "makes databases that no row knows, and copies templates")}


def judge(change: Change, world: World) -> list[Violation]:
    """Violations in one role's difference; its limit and its secret are other families'."""
    item = cast("Role", change.item)
    service = world.service(role=item.name)
    if change.before is None:
        return [Violation(MISSING, f"Role {item.name} of {world.scope.home(item.name)} does not exist: its service cannot "
                          "work.", (change,), role=item.name, service=service)]
    now = cast("Role", change.before)
    if change.after is None:
        return _unallocated(now, world)
    wanted = cast("Role", change.after)
    if now.name in world.snapshot.predefined:
        powers = [word for word in ("login", *_ATTRIBUTES) if getattr(now, word)]
        return [Violation(ATTRIBUTE, f"Role {now.name}, one of PostgreSQL's own, has {', '.join(powers).upper()}: somebody "
                          "has changed the catalog; take that away again (UPDATE pg_authid).", role=now.name,
                          object=powers[0].upper())]
    found = []
    for attribute, (severity, lets) in _ATTRIBUTES.items():
        if getattr(now, attribute) and not getattr(wanted, attribute):
            found.append(Violation(
                ATTRIBUTE, f"Role {now.name} of {world.scope.home(now.name)} has {attribute.upper()}: it {lets}.",
                (Change(now, now.having(**{attribute: False})),), role=now.name, object=attribute.upper(),
                service=service, severity=severity))
        elif getattr(wanted, attribute) and not getattr(now, attribute):
            found.append(Violation(
                ATTRIBUTE, f"System role {now.name} lacks {attribute.upper()}, which its use needs.",
                (Change(now, now.having(**{attribute: True})),), role=now.name, object=attribute.upper(),
                severity=MEDIUM))
    if wanted.login and not now.login:
        found.append(Violation(NOLOGIN, f"Role {now.name} of {world.scope.home(now.name)} may not log in: the service is "
                               "down.", (Change(now, replace(now, login=True)),), role=now.name, service=service))
    if now.login and not wanted.login:
        found.append(_login(now, world))
    if now.name == world.snapshot.user:  # nobody locks out himself in the middle of a run
        found = [replace(violation, changes=(), message=f"{violation.message[:-1]}; you are connected as it: let another "
                         "superuser run this, or correct the matrix.") if violation.rule in (ATTRIBUTE, LOGIN) else violation
                 for violation in found]
    return found


def _sessions(role: str, world: World) -> tuple[Change, ...]:
    return tuple(Change(session, None) for session in sorted(world.now.of(Session).values()) if session.role == role)


def _login(now: Role, world: World) -> Violation:
    identity = world.scope.roles[now.name]
    why = "the service is retired" if identity.kind == "retired" else "its row has logins, and the owner must not be one"
    if identity.kind == "system":
        why = "its attributes in the matrix do not name LOGIN"
    left = is_one_time(world.snapshot.stored.get(now.name))
    if left:
        why = "this login was made to apply a schema file by a run that was killed"
    return Violation(LOGIN, f"Role {now.name} of {world.scope.home(now.name)} may log in, but {why}.",
                     (Change(now, replace(now, login=False)), *_sessions(now.name, world)), role=now.name,
                     service=world.service(role=now.name), kind=SAFE if left else "")


def _unallocated(now: Role, world: World) -> list[Violation]:
    """A role that no row knows. Harmless groups are documentation; who is connected now cannot fence itself."""
    powers = [name.upper() for name in _ATTRIBUTES if getattr(now, name)]
    sessions = _sessions(now.name, world)
    fenced = now.having(login=False, **dict.fromkeys(_ATTRIBUTES, False))
    changes: tuple[Change, ...] = ((Change(now, fenced),) if fenced != now else ()) + sessions
    known = world.scope.home(now.name)
    human = "add a row or a system role for it, or remove it (its objects first)"
    if now.name == world.snapshot.user:
        return [Violation(UNALLOCATED, f"Role {now.name}, which you are connected as, is known to no row: it may log in"
                          f"{' and has ' + ', '.join(powers) if powers else ''}; {human}.", role=now.name, kind=MANUAL)]
    severity = HIGH if now.login or powers else LOW
    says = "may log in" if now.login else "may not log in"
    return [Violation(UNALLOCATED, f"Role {now.name} belongs to {known} and {says}"
                      f"{', with ' + ', '.join(powers) if powers else ''}; {human}.", changes, role=now.name,
                      service=None, severity=severity)]
