# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the picture of a server shows: who lives in which lane, and who climbs over which wall."""

from __future__ import annotations

from dataclasses import dataclass

OPEN, NOT_YET, CLOSED = "open", "not yet", "closed"


@dataclass(frozen=True)
class Lane:
    """A service and its database between two walls. `way`: whether the service comes in (open, not yet, closed);
    `strangers`: how many logins may enter that should not; `everybody`: whether all may."""

    service: str
    about: str
    logins: tuple[str, ...]
    readers: tuple[str, ...]
    database: str
    status: str
    size: str
    way: str
    limit: str
    strangers: int = 0
    everybody: bool = False


@dataclass(frozen=True)
class Scene:
    """`breaches`: (lane of the service, lane of the database) where a service may enter a neighbour's database;
    `keepers`: who belongs to the server itself; `beyond`: what lies on other servers, as (title, how it is reached)."""

    server: str
    lanes: tuple[Lane, ...]
    breaches: tuple[tuple[int, int], ...]
    keepers: tuple[str, ...]
    beyond: tuple[tuple[str, str], ...] = ()
    left_out: int = 0
