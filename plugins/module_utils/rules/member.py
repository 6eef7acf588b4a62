# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Memberships: nobody becomes a service's role, and no service gets a right through a group."""

from __future__ import annotations

from ..items import Membership
from ..model import Change
from .base import CRITICAL, HIGH, LOW, MEDIUM, SAFE, Rule, Violation, World

FOREIGN = Rule("member-foreign", CRITICAL, SAFE, "A role is a member of a service's role, or a service's role of another.",
               "Members inherit what the role may, or become it with SET ROLE; with ADMIN they pass it on.",
               "Revokes the membership, as the grantor that gave it. A human ends it where row security shows a rightful "
               "role its rows by it, or where objects of the group could not be given to the owner yet: only in groups of "
               "the service's own, and without ADMIN.",
               "pg_auth_members, whatever its options say.")
PREDEFINED = Rule("member-predefined", CRITICAL, SAFE, "A role is a member of one of PostgreSQL's predefined roles.",
                  "They read, write or run across all databases (see Predefined Roles in PostgreSQL's manual).",
                  "Revokes the membership.",
                  "pg_auth_members of a role that initdb made.")
SUPERUSER = Rule("member-superuser", CRITICAL, SAFE, "A role is a member of a superuser.",
                 "SET ROLE makes it the superuser, though its own attribute says no.", "Revokes the membership.",
                 "pg_auth_members of a role with SUPERUSER.")
BORROWED = Rule("member-borrowed", MEDIUM, SAFE, "A system role has a membership from somebody who must not give any.",
                "It ends with the right of who gave it, and the role's work with it.",
                "Grants it anew as the superuser, then revokes the borrowed one.",
                "pg_auth_members.grantor, from PostgreSQL 16 on.")
RULES = (FOREIGN, PREDEFINED, SUPERUSER, BORROWED)

_PREDEFINED = {"pg_monitor": HIGH, "pg_read_all_stats": HIGH, "pg_create_subscription": HIGH, "pg_read_all_settings": MEDIUM,
               "pg_use_reserved_connections": MEDIUM, "pg_stat_scan_tables": LOW, "pg_checkpoint": MEDIUM,
               "pg_signal_backend": HIGH, "pg_maintain": HIGH}


def judge(change: Change, world: World) -> list[Violation]:
    """Memberships that are there and not allowed."""
    item = change.item
    if not isinstance(item, Membership):
        return []
    role, member = item.role, item.member
    if isinstance(change.before, Membership) and isinstance(change.after, Membership):
        return [Violation(PREDEFINED if role.startswith("pg_") else FOREIGN, f"{world.who(member)[0].upper()}"
                          f"{world.who(member)[1:]} may let others into {role}: it holds the ADMIN OPTION.", (change,),
                          role=member, object=role, service=world.service(role=member), severity=HIGH)]
    if any(other.member == member for other in world.want.near(Membership, role)):
        return [Violation(BORROWED, f"{world.who(member)[0].upper()}{world.who(member)[1:]} is a member of {role} by the "
                          "grace of a role that must not give that: it ends with that one's right.", (change,),
                          role=member, object=role)]
    how = [word for word, on in (("inherits its rights", item.inherit), ("can become it", item.set),
                                 ("can pass it on", item.admin)) if on] or ["is bound to it"]
    message = f"{world.who(member)[0].upper()}{world.who(member)[1:]} is a member of {role} ({world.scope.home(role)})"
    rule, severity = FOREIGN, CRITICAL
    if role in world.snapshot.superusers:
        rule, message = SUPERUSER, f"{message}, a superuser"
    elif role.startswith("pg_"):
        rule, severity = PREDEFINED, _PREDEFINED.get(role, CRITICAL)
        message = message.replace(f"({world.scope.home(role)})", "(a predefined role that reaches across databases)")
    return [Violation(rule, f"{message}: it {' and '.join(how)}.", (change,), role=member, object=role,
                      service=world.service(role=member) or world.service(role=role), severity=severity)]
