# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each role has in each database: what it owns, writes, reads there, and how often it was seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..items import BOOKKEEPING, PUBLIC, RELATIONS, DefaultGrant, Grant, Obj, Owner, Role
from ..ties import Ties
from .facts import Facts
from .names import alike

WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "TRUNCATE"})
GONE = frozenset({"DELETE", "TRUNCATE"})


@dataclass
class Holding:
    """One role in one database. `creates`: CREATE on a schema or the database; `enters`: a grant on the database;
    `deletes`: DELETE or TRUNCATE on a table."""

    role: str
    database: str
    owns: bool = False
    owned: int = 0
    writes: int = 0
    deletes: int = 0
    reads: int = 0
    creates: bool = False
    enters: bool = False
    sessions: int = 0

    @property
    def rules(self) -> bool:
        """Whether it owns the database or anything in it."""
        return self.owns or self.owned > 0

    @property
    def works(self) -> bool:
        """Whether it does more than read."""
        return self.rules or self.writes > 0 or self.creates

    @property
    def only_reads(self) -> bool:
        return self.reads > 0 and not self.works

    @property
    def weight(self) -> tuple[int, ...]:
        """The higher, the more this database is the role's own; all zeroes: not at all."""
        named = alike(self.role, self.database)
        score = (10 * self.owns + 6 * (self.owned > 0) + 4 * (self.writes > 0 or self.creates) + 4 * (self.sessions > 0)
                 + 3 * named + 2 * (self.enters or self.reads > 0))
        return (score, self.sessions, self.owned, self.writes, self.reads)


class Holdings:
    """All of them, by database and role; superusers and PostgreSQL's own roles have none."""

    def __init__(self, facts: Facts) -> None:
        self._found: dict[tuple[str, str], Holding] = {}
        model, supers = facts.snapshot.model, facts.snapshot.superusers
        self.roles = {role.name: role for role in model.of(Role).values()
                      if role.name not in supers and not role.name.startswith("pg_")}
        ties = Ties(model)
        self._members = {role: sorted(({role} | ties.members(role)) & self.roles.keys()) for role in self.roles}
        for database in facts.databases:
            if database.owner in self.roles:
                self.at(database.owner, database.name).owns = True
            for role in self.roles:
                self._sighted(facts, role, database.name)
        for owner in model.of(Owner).values():
            if owner.owner in self.roles and _counts(facts, owner.obj):
                self.at(owner.owner, owner.obj.database).owned += 1
        for grant in model.of(Grant).values():
            self._granted(facts, grant)
        for default in model.of(DefaultGrant).values():
            if default.kind == "TABLES":
                for role in self._whom(default.grantee):
                    self._table(self.at(role, default.database), default.privileges)

    def at(self, role: str, database: str) -> Holding:
        """What a role has in a database."""
        return self._found.setdefault((database, role), Holding(role, database))

    def inside(self, database: str) -> list[Holding]:
        """Of all who have anything in a database, the weightiest first."""
        found = [holding for (where, _role), holding in self._found.items() if where == database]
        return sorted(found, key=lambda holding: ([-number for number in holding.weight], holding.role))

    def of(self, role: str) -> list[Holding]:
        """What one role has, the weightiest first."""
        found = [holding for (_database, who), holding in self._found.items() if who == role]
        return sorted(found, key=lambda holding: ([-number for number in holding.weight], holding.database))

    def _sighted(self, facts: Facts, role: str, database: str) -> None:
        sessions = facts.seen.peaks.get((database, role), 0)
        if sessions or alike(role, database):
            self.at(role, database).sessions = sessions

    def _granted(self, facts: Facts, grant: Grant) -> None:
        obj = grant.obj
        database = obj.name if obj.kind == "DATABASE" else obj.database
        if not database or grant.grantee == grant.grantor or not (obj.kind == "DATABASE" or _counts(facts, obj)):
            return
        for role in self._whom(grant.grantee):
            holding = self.at(role, database)
            if obj.kind == "DATABASE":
                holding.enters = True
            if obj.kind in ("SCHEMA", "DATABASE"):
                holding.creates = holding.creates or "CREATE" in grant.privileges
            elif obj.kind in RELATIONS:
                self._table(holding, grant.privileges)

    @staticmethod
    def _table(holding: Holding, privileges: Iterable[str]) -> None:
        held = set(privileges)
        holding.writes += bool(held & WRITES)
        holding.deletes += bool(held & GONE)
        holding.reads += "SELECT" in held

    def _whom(self, grantee: str) -> Iterable[str]:
        """The roles that a grant reaches; what PUBLIC has tells nothing of anybody."""
        return () if grantee == PUBLIC else self._members.get(grantee, ())


def _counts(facts: Facts, obj: Obj) -> bool:
    """Whether it is somebody's own: no part of PostgreSQL, of an extension, or of our records."""
    return (bool(obj.database) and obj not in facts.snapshot.builtins
            and BOOKKEEPING not in (obj.schema, obj.name if obj.kind == "SCHEMA" else ""))
