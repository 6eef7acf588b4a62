# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What `adopt` knows of a live server: its snapshot, and who was seen on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..catalog.snapshot import Snapshot
from ..items import Database, Door, ServerSetting
from ..matrix.types import LOCAL_ADDRESSES

LOCAL = "local"
MAINTENANCE = "postgres"
# database, role, address (LOCAL for the socket, None where it may not be seen), connections at that moment
Sight = tuple[str, str, "str | None", int]


@dataclass
class Sightings:
    """Who was connected, over one or more looks: the most connections at once, and all addresses, by database and role.
    `hidden`: whether anybody's address was not for us to see."""

    looks: int = 0
    hidden: bool = False
    peaks: dict[tuple[str, str], int] = field(default_factory=dict)
    addresses: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def add(self, sights: Iterable[Sight]) -> None:
        """One look."""
        self.looks += 1
        now: dict[tuple[str, str], int] = {}
        for database, role, address, count in sights:
            key = (database, role)
            now[key] = now.get(key, 0) + count
            if address is None:
                self.hidden = True
            else:
                self.addresses.setdefault(key, set()).add(address)
        for key, count in now.items():
            self.peaks[key] = max(count, self.peaks.get(key, 0))

    def peak(self, role: str, database: str = "") -> int:
        """The most connections of a role at once, in one database or (at most) in all."""
        return sum(count for (where, who), count in self.peaks.items() if who == role and database in ("", where))

    def seen_from(self, roles: Iterable[str], database: str = "") -> set[str]:
        """From where these roles were connected, to one database or to any."""
        wanted = set(roles)
        return {address for (where, who), found in self.addresses.items()
                if who in wanted and database in ("", where) for address in found}


@dataclass(frozen=True)
class Facts:
    """`settings`: those of the server that say where it listens."""

    snapshot: Snapshot
    seen: Sightings
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def databases(self) -> list[Database]:
        """Those that need a row: all but templates and the maintenance database, sorted by name."""
        found = self.snapshot.model.of(Database).values()
        return sorted(database for database in found if not database.template and database.name != MAINTENANCE)

    @property
    def doors(self) -> list[Door]:
        """The lines of pg_hba.conf that the server can read, in their order; those for TLS too where that is off."""
        return sorted(door for door in self.snapshot.model.of(Door).values() if not door.error or door.shut)

    def server_setting(self, name: str) -> int | None:
        """A number among the server's settings; None where it has no such setting."""
        found = self.snapshot.model.get(ServerSetting, name)
        return int(found.value) if found is not None else None


def is_default(addresses: Iterable[str]) -> bool:
    """Whether these addresses are those that a row has where it names none."""
    return set(addresses) == set(LOCAL_ADDRESSES)
