# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who is at home in which database: its owner, its logins, its readers. Where it can't be told, a valid guess and a TODO."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..items import Database
from .facts import Facts
from .holdings import Holding, Holdings
from .names import alike, is_role_name, unused

LONGEST_BASE = 55  # bytes of a database's name that fit in front of _login_12


@dataclass
class Home:
    """The people of one database. `new`: roles that do not exist yet; `notes`: what a human must know or decide."""

    database: str
    owner: str = ""
    logins: list[str] = field(default_factory=list)
    readers: list[str] = field(default_factory=list)
    soft_delete_only: bool = False
    new: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def entering(self) -> list[str]:
        """The roles that the service logs in with."""
        return self.logins or [self.owner]

    @property
    def roles(self) -> list[str]:
        return [self.owner, *self.logins, *self.readers]


class Settler:
    """Finds everybody a home. `taken`: roles of the matrix that is there and of the server itself, with whose they are."""

    def __init__(self, facts: Facts, holdings: Holdings, taken: Mapping[str, str], databases: Iterable[Database]) -> None:
        self.facts, self.holdings = facts, holdings
        self.taken = {role.casefold(): whose for role, whose in taken.items()}
        self.databases = {database.name: database for database in databases}
        self.residents: dict[str, list[Holding]] = {name: [] for name in self.databases}
        self.reading: dict[str, list[Holding]] = {name: [] for name in self.databases}
        self.elsewhere: dict[str, str] = {}
        for role in sorted(holdings.roles):
            self._settle(role)
        self.used = {*self.taken, *(role.casefold() for role in self.elsewhere)}

    def home(self, name: str) -> Home:
        """The people of one database."""
        database, home = self.databases[name], Home(name)
        owner = self.holdings.roles.get(database.owner)
        nobody = owner is None or owner.login or self.elsewhere.get(owner.name) != name
        residents = sorted(self.residents[name], key=lambda one: ([-number for number in one.weight], one.role))
        if not nobody:
            home.owner = database.owner
            home.logins = [one.role for one in residents] or [self._new(home, "login")]
        elif len(residents) > 1 and not any(one.rules for one in residents):
            home.owner, home.logins = self._new(home, "owner"), [one.role for one in residents]
            home.notes.append(f"TODO: several roles write here ({', '.join(home.logins)}) and none owns anything: all stay "
                              f"logins, beside a new owner that cannot log in")
        elif residents:
            home.owner = residents[0].role
            self._others(home, residents[1:])
        else:
            home.owner = self._new(home, "user")
            self._nobody(home, database)
        home.soft_delete_only = bool(home.logins) and _softly(self.holdings, name, home.logins)
        home.readers = sorted(one.role for one in self.reading[name])
        return home

    def homeless(self) -> list[str]:
        """Roles that may log in and found no home."""
        return sorted(name for name, role in self.holdings.roles.items()
                      if role.login and name not in self.elsewhere and name.casefold() not in self.taken)

    def _settle(self, name: str) -> None:
        """Give a role its home: where it has most. An owner without login counts with the database that it owns."""
        role = self.holdings.roles[name]
        if name.casefold() in self.taken or name.casefold() in {other.casefold() for other in self.elsewhere}:
            return
        found = [one for one in self.holdings.of(name) if one.database in self.databases and any(one.weight)]
        if not role.login:
            found = [one for one in found if one.owns]
        if not found or not is_role_name(name):
            return
        reads = role.login and all(not one.works for one in found) and [one for one in found if one.only_reads]
        best = (reads or found)[0]
        self.elsewhere[name] = best.database
        if reads:
            self.reading[best.database].append(best)
        elif role.login:
            self.residents[best.database].append(best)

    def _new(self, home: Home, what: str) -> str:
        """A name for a role that is to be."""
        base = home.database.encode()[:LONGEST_BASE].decode("utf-8", "ignore")
        base = base if is_role_name(f"{base}_{what}") else "service"
        known = {role.casefold() for role in (*self.holdings.roles, *self.facts.snapshot.superusers)}
        role = unused(f"{base}_{what}", [*self.used, *known])
        self.used.add(role.casefold())
        home.new.append(role)
        return role

    def _others(self, home: Home, others: list[Holding]) -> None:
        for one in others:
            does = "owns objects" if one.rules else "writes" if one.works else "was seen"
            home.notes.append(f"TODO: role {one.role} {does} here too, and enforce will take that from it: give the service "
                              "one login, or write logins beside an owner that cannot log in")

    def _nobody(self, home: Home, database: Database) -> None:
        """Why there is nobody, and what the new owner means."""
        who, new = database.owner, home.owner
        where = self.elsewhere.get(who)
        if where:
            home.notes.append(f"TODO: its owner {who} owns {where} too, and a service has a role of its own: {new} is to be "
                              f"made and will own this. Give the service {new} before you enforce; {who} loses it then")
        elif who.casefold() in self.taken:
            home.notes.append(f"TODO: its owner {who} is {self.taken[who.casefold()]} in the matrix; {new} is to be made "
                              "and will own this. Give it to the service before you enforce")
        else:
            home.notes.append(f"TODO: no login of its own was found (the owner is {who}); {new} is to be made. Name the "
                              "role that the service uses, or give it this one")
        for chief in sorted(self.facts.snapshot.superusers):
            seen = self.facts.seen.peaks.get((home.database, chief), 0)
            if seen:
                home.notes.append(f"TODO: somebody works here as the superuser {chief} ({seen} at once): a service must not")
            if chief != self.facts.snapshot.bootstrap and alike(chief, home.database):
                home.notes.append(f"TODO: {chief} may be the service's role, and is a superuser. If so, write it as owner: "
                                  "enforce takes SUPERUSER from it")


def _softly(holdings: Holdings, database: str, logins: Iterable[str]) -> bool:
    """Whether logins write rows and none of them may delete any."""
    found = [holdings.at(login, database) for login in logins]
    return any(one.writes for one in found) and not any(one.deletes for one in found)
