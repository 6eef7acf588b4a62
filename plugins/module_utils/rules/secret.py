# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets: what a role logs in with is what the matrix says, stored as SCRAM, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..items import Role, Setting, Thing
from ..matrix.types import ACTIVE
from ..model import Change
from .base import CRITICAL, DISRUPTIVE, HIGH, MANUAL, MEDIUM, SAFE, Rule, Violation, World

MISSING = Rule("secret-missing", HIGH, SAFE, "A role that a service logs in with has no password.", "The service is down.",
               "Stores a SCRAM verifier of the declared password.",
               "pg_authid.rolpassword is NULL.")
DRIFT = Rule("secret-drift", HIGH, DISRUPTIVE, "The stored password is not the declared one.",
             "Whoever uses the declared one is down, or somebody uses one that nobody manages.",
             "Stores a SCRAM verifier of the declared password; clients with the other one are refused from then on.",
             "A verifier of the declared password is computed with the stored one's salt and compared.")
SHARED = Rule("secret-shared", CRITICAL, DISRUPTIVE, "A role's stored password is another role's declared one.",
              "One service can log in as the other with the secret that it knows.",
              "Stores a SCRAM verifier of the role's own declared password.",
              "Every stored verifier is tried with the declared passwords of the others.")
WEAK = Rule("secret-weak-verifier", MEDIUM, SAFE,
            "A password is stored as an MD5 hash, as a SCRAM verifier of too few rounds, or is its role's name.",
            "An MD5 hash itself is enough to log in, and either is quickly searched by whoever gets hold of it. A name is "
            "what is tried first.",
            "Stores a SCRAM verifier of the same password. One that the matrix does not know is set anew by a human.",
            "The form of pg_authid.rolpassword, and its number of rounds; where the matrix has no password for a role, its "
            "name is tried. That is high, and critical for a superuser.")
EXPIRED = Rule("secret-expired", HIGH, SAFE, "A password has expired (VALID UNTIL in the past).", "The service is down.",
               "Sets the expiry to infinity.",
               "pg_authid.rolvaliduntil, by the server's own clock.")
UNMANAGED = Rule("secret-unmanaged", MEDIUM, MANUAL, "A row says neither password nor logins.",
                 "Nobody can say who knows the service's secret, nor render its settings.",
                 "None: give the row a password, or logins.",
                 "The matrix alone.")
EXPOSED = Rule("secret-exposed", CRITICAL, MANUAL, "A password of the matrix stands where others can read it.",
               "Comments, settings, definitions and the options of foreign servers are no secret to anybody who gets in.",
               "None: a human takes it out there, and gives the role another password.",
               "The passwords of the matrix are looked for in comments, settings of the server, its databases and roles, "
               "functions, views, defaults of columns, and options of foreign servers and tables; the search takes place "
               "where the module runs, the server never sees them.")
RULES = (EXPOSED, MISSING, DRIFT, SHARED, WEAK, EXPIRED, UNMANAGED)
NEED_SECRETS = (DRIFT, EXPOSED, MISSING, SHARED, UNMANAGED)  # not judged where the matrix came without its secrets


def judge(change: Change, world: World) -> list[Violation]:
    """Violations in the secret of one role."""
    now, wanted = change.before, change.after
    if not isinstance(now, Role) or not isinstance(wanted, Role):
        return []
    found = []
    whose = f"role {now.name} of {world.scope.home(now.name)}"
    service = world.service(role=now.name)
    if now.expiry != wanted.expiry:
        found.append(Violation(EXPIRED, f"The password of {whose} has expired: it cannot log in.",
                               (Change(now, replace(now, expiry="none")),), role=now.name, service=service))
    if now.password != wanted.password:
        rule, message = _password(now, whose, world)
        # what has expired works for nobody, so replacing it ends nothing
        kind = SAFE if now.expiry == "past" else ""
        mends = wanted.password == "declared"
        if not mends:
            message += f" Set another one by hand (\\password {now.name} in psql)."
        worse = (CRITICAL if now.superuser else HIGH) if now.password == "name" else ""
        found.append(Violation(rule, message, (Change(now, replace(now, password="declared")),) if mends else (),
                               role=now.name, service=service, kind=kind, severity=worse))
    return found


def _password(now: Role, whose: str, world: World) -> tuple[Rule, str]:
    if now.password == "none":
        return MISSING, f"There is no password for {whose}: it cannot log in."
    if now.password == "md5":
        return WEAK, f"The password of {whose} is stored as an MD5 hash, which is as good as the password itself."
    if now.password == "weak":
        return WEAK, f"The password of {whose} is stored as a verifier of too few rounds: a stolen one is quickly searched."
    if now.password == "name":
        return WEAK, f"The password of {whose} is its own name, which anybody tries first."
    if now.password.startswith("shared:"):
        other = now.password.partition(":")[2]
        return SHARED, (f"The stored password of {whose} is that of role {other} ({world.scope.home(other)}): who knows one "
                        "logs in as the other.")
    return DRIFT, f"The stored password of {whose} is not the declared one: its clients are refused, or use another secret."


def exposed(change: Change, world: World) -> list[Violation]:
    """Passwords that somebody has written down."""
    item = change.item
    if not isinstance(item, Thing) or item.kind != "secret in the open":
        return []
    return [_exposed(item.detail, item.name, item.database, world)]


def stored(world: World) -> Iterator[Violation]:
    """Passwords in stored settings, which every role reads, whoever's they are; declared ones are no exception."""
    secrets = {role: secret for role, secret in world.snapshot.secrets.items() if secret}
    least = min(map(len, secrets.values()), default=0)
    found = [setting for setting in world.now.of(Setting).values() if len(setting.value) >= least] if secrets else []
    everything = "\n".join(setting.value for setting in found)
    for role, secret in sorted(secrets.items()):
        for setting in found if secret in everything else []:
            if secret in setting.value:
                whose = f" of role {setting.role}" if setting.role else ""
                yield _exposed(role, f"the stored setting {setting.name}{whose}", setting.database, world)


def _exposed(role: str, place: str, database: str, world: World) -> Violation:
    where = f" in database {database}" if database else ""
    return Violation(EXPOSED, f"The password of role {role} ({world.scope.home(role)}) stands in {place}{where}: whoever "
                     "gets in reads it. Take it out there, and give the role another one.",
                     database=database or None, role=role, object=place, service=world.service(role=role))


def unmanaged(world: World) -> Iterator[Violation]:
    """Rows without a secret, and readers without one; nobody can tell where secrets were withheld."""
    if world.withheld:
        return
    for row in world.scope.rows:
        if row.status != ACTIVE:
            continue
        bare = [] if row.secret_managed else [row.owner]
        bare += [login.role for login in row.logins if login.password is None]
        bare += [reader.role for reader in row.readers if reader.password is None]
        for role in bare:
            yield Violation(UNMANAGED, f"The password of role {role} of service {row.service} is not managed: give it one "
                            "in the matrix (playbook secrets makes it).", database=row.database, role=role,
                            service=row.service)
