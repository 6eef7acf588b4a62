# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All rules, and the judgment of one server. Families are named here by hand: what is shipped to a host is what is
imported, and a test compares this list with the files."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..diff import diff
from ..items import (
    Database, DefaultGrant, Door, Extension, Grant, IdentityMap, Membership, Owner, Role, ServerSetting, Session,
    Setting, Table, Thing)
from ..model import Change, Item
from . import (
    access, code, database, grant, held, limit, live, member, owner, place, road, role, schema, secret, setting, world)
from .base import SEVERITIES, Rule, Violation, World

FAMILIES = (access, code, database, grant, limit, live, member, owner, place, road, role, schema, secret, setting, world)
RULES: dict[str, Rule] = {rule.id: rule for family in FAMILIES for rule in family.RULES}

Judge = Callable[[Change, World], list[Violation]]
JUDGES: dict[type[Item], tuple[Judge, ...]] = {
    Role: (role.judge, secret.judge, limit.judge),
    Membership: (member.judge,),
    Database: (database.judge, owner.judge, limit.judge),
    Setting: (setting.judge,),
    Owner: (owner.judge,),
    Grant: (grant.judge,),
    DefaultGrant: (grant.judge,),
    Extension: (road.judge, schema.judge),
    Table: (schema.judge, place.judge),
    Thing: (access.judge, road.judge, code.judge, live.judge, place.judge, schema.judge,
            secret.exposed),
    ServerSetting: (limit.judge, setting.judge),
    Session: (live.judge,),
    Door: (access.judge,),
    IdentityMap: (access.judge,),
}
# what is no difference of state
FURTHER: tuple[Callable[[World], Iterable[Violation]], ...] = (
    code.hidden, code.planted, database.unseen, grant.taken, owner.hidden, place.misplaced, schema.files, secret.stored,
    secret.unmanaged, world.unreadable)


def judge(of: World) -> list[Violation]:
    """Every violation on the server, worst first."""
    found: list[Violation] = []
    for change in diff(of.now, of.want):
        named = [violation for rule in JUDGES.get(type(change.item), ()) for violation in rule(change, of)]
        found += named or [world.unexplained(change, of)]
    for rule in FURTHER:
        found += rule(of)
    told = held.judge(_told_once(found), of)
    return sorted(told, key=lambda violation: (SEVERITIES.index(violation.how_bad), violation.key))


def _told_once(violations: Iterable[Violation]) -> list[Violation]:
    """A table that bears a neighbour's name is not also an undeclared one; the same place is told once per rule."""
    misplaced = {(violation.database, violation.object) for violation in violations if violation.rule is place.FOREIGN}
    kept: dict[tuple[str, str, str, str], Violation] = {}
    for violation in violations:
        if violation.rule is schema.TABLE_UNDECLARED and (violation.database, violation.object) in misplaced:
            continue
        other = kept.get(violation.key)
        if other is not None:
            changes = (*other.changes, *(change for change in violation.changes if change not in other.changes))
            violation = Violation(other.rule, other.message, changes, other.database, other.role, other.object,
                                  other.service, other.severity, other.kind)
        kept[violation.key] = violation
    return list(kept.values())
