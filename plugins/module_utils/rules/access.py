# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Access: who may knock, from where, and with which proof. The files are the server role's; the engine judges them."""

from __future__ import annotations

from ..items import Door, IdentityMap, Thing
from ..model import Change
from .base import CRITICAL, HIGH, LOW, MANUAL, MEDIUM, Rule, Violation, World

TRUST = Rule("access-trust", CRITICAL, MANUAL, "A line of pg_hba.conf lets people in without any proof.",
             "Whoever reaches the server is whom he says he is.", "None here: pg_hba.conf is corrected, and reloaded.",
             "The server's own reading of its lines (pg_hba_file_rules), included files too.")
WIDE = Rule("access-undeclared", HIGH, MANUAL, "A line of pg_hba.conf lets in whom the matrix does not.",
            "Another role, database or address may try its luck; the database's own wall is the last one.",
            "None here: pg_hba.conf is corrected, and reloaded.",
            "Each line of pg_hba_file_rules: whom it lets in must be within one of the wanted lines.")
WEAK = Rule("access-weak-method", MEDIUM, MANUAL, "A line of pg_hba.conf asks for a weaker proof than SCRAM.",
            "Passwords travel readable, or as hashes that are as good as them.",
            "None here: pg_hba.conf is corrected, and reloaded.",
            "The method of each line of pg_hba_file_rules.")
MISSING = Rule("access-missing", HIGH, MANUAL, "No line of pg_hba.conf lets a declared role in.", "The service is down.",
               "None here: pg_hba.conf is corrected, and reloaded.",
               "For each wanted line: a line that opens, and no earlier one that turns its people away. Where only the "
               "server can tell whether one does (names of hosts, its own addresses), that is told as medium.")
BROKEN = Rule("access-broken-line", CRITICAL, MANUAL, "The server cannot read a line of pg_hba.conf or pg_ident.conf.",
              "With one broken line no reload succeeds: the old lines stay in force, whatever the file says.",
              "None here: the line is corrected, and the file reloaded.",
              "pg_hba_file_rules and pg_ident_file_mappings, column error.")
UNREAD = Rule("access-not-reloaded", CRITICAL, MANUAL,
              "pg_hba.conf or pg_ident.conf was changed, and the server has not read it.",
              "The old lines are in force; what the file says is not what happens.", "None here: reload the server.",
              "A file, or one that it takes in, was written or put in its place after pg_conf_load_time().")
IDENTITY = Rule("access-identity-map", CRITICAL, MANUAL, "A line of pg_ident.conf lets an account of the host be a role.",
                "Whoever has that account is that role, without a password.", "None here: pg_ident.conf is corrected.",
                "Each line of pg_ident_file_mappings that is not among the server's ident.")
IDENTITY_MISSING = Rule("access-identity-missing", MEDIUM, MANUAL, "A declared line of pg_ident.conf is not there.",
                        "Whoever is to come in by it is locked out.", "None here: pg_ident.conf is corrected.",
                        "Each line of the server's ident that pg_ident_file_mappings lacks.")
RULES = (TRUST, WIDE, WEAK, MISSING, BROKEN, UNREAD, IDENTITY, IDENTITY_MISSING)

_WEAK = ("md5", "password", "ident")
_CORRECT = "correct pg_hba.conf and reload the server (SELECT pg_reload_conf())"


def judge(change: Change, world: World) -> list[Violation]:
    """Lines of the two files."""
    item = change.item
    if isinstance(item, Door):
        return [_missing(item, world)] if change.before is None else [_door(item, world)]
    if isinstance(item, IdentityMap):
        says = f"map {item.map}: account {item.account} may be role {item.role}"
        if change.before is None:
            return [Violation(IDENTITY_MISSING, f"pg_ident.conf lacks a declared line ({says}): add it and reload.",
                              role=item.role, object=item.map)]
        return [Violation(IDENTITY, f"pg_ident.conf says in {says}, and the matrix does not: take the line out of the lines "
                          "of pg_hba.conf that use the map first, then out of pg_ident.conf, and reload.", role=item.role,
                          object=f"{item.map} {item.account}", service=world.service(role=item.role))]
    if isinstance(item, Thing) and item.kind == "unread file":
        return [Violation(UNREAD, f"The file of {item.name} was changed after the server had read its configuration: the "
                          "old lines are in force; look at the file, then reload the server (SELECT pg_reload_conf()).",
                          object=item.name)]
    if isinstance(item, Thing) and item.kind == "broken line":
        return [Violation(BROKEN,
                          f"{item.name} cannot be read ({item.detail}): the old lines stay in force; correct it and reload.",
                          object=item.name)]
    return []


def _door(door: Door, world: World) -> Violation:
    name = door.place
    if door.error and not door.shut:
        return Violation(BROKEN, f"{name} cannot be read ({door.error}): no reload succeeds and the old lines stay in "
                         "force, whatever the file says; correct it and reload.", object=name)
    database = door.databases[0] if len(door.databases) == 1 and door.databases[0] in world.scope.places else None
    role = door.users[0] if len(door.users) == 1 else None
    rule, lets = WIDE, "lets in whom the matrix does not"
    severity = ""
    if door.method == "trust":
        rule, lets = TRUST, "lets people in without any proof"
    elif door.method in _WEAK:
        rule, lets = WEAK, "asks for a weaker proof than SCRAM"
    elif database is not None and world.scope.places[database].kind == "retired":
        severity, lets = LOW, "lets people into the database of a retired service"
    elif _is_name(door.address):
        severity, lets = MEDIUM, "trusts whoever rules the name service"
    return Violation(rule, f"{name} («{door.text}») {lets}: {_CORRECT}.", database=database, role=role, object=name,
                     service=world.service(database or "", role or ""), severity=severity)


def _is_name(address: str) -> bool:
    words = ("", "all", "samehost", "samenet")
    return address not in words and not address[0].isdigit() and ":" not in address


def _missing(door: Door, world: World) -> Violation:
    database, role = door.databases[0], door.users[0]
    way = f"from {door.address}" if door.address else "over the local socket"
    shut = next((other for other in world.now.of(Door).values() if other.shut and other.text == door.text), None)
    if shut is not None:
        says = f"{shut.place} («{door.text}») lets nobody in ({shut.error}): switch TLS on (ssl = on)."
    elif door.place:
        says = (f"{door.place} comes before the line of role {role} for database {database} {way}, and "
                f"{'may turn it away: only the server can tell' if door.error else 'turns it away'}; move it behind "
                f"«{door.text}», or take it out, and reload the server.")
    else:
        says = (f"No line of pg_hba.conf lets role {role} into database {database} {way} (wanted: «{door.text}»): add "
                "it and reload the server.")
    return Violation(MISSING, says, database=database if database in world.scope.places else None, role=role,
                     object=door.text, service=world.service(database, role), severity=MEDIUM if door.error else "")
