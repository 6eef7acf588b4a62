# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The doors that the matrix wants, and which of those that are there may stay. What a line lets in counts, not how it is
written: order, quotes, netmasks and redundant rejections do not matter.

https://www.postgresql.org/docs/current/auth-pg-hba-conf.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Union

from .. import hba
from ..catalog.snapshot import Snapshot
from ..hba_file.text import words as fields_of
from ..items import Door, IdentityMap
from ..model import Model
from .scope import Scope

ALL, REPLICATION, REJECT = "all", "replication", "reject"
Network = Union[IPv4Network, IPv6Network]
_EVERYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))


def expand(scope: Scope, snapshot: Snapshot, now: Model, want: Model) -> None:
    """Put the desired doors and identity maps into `want`."""
    if not snapshot.live or not snapshot.superuser:
        return
    present = sorted(now.of(Door).values())
    wanted = [parse(line) for line in hba.lines(scope.matrix, scope.spec.name)]
    for door in (*right(present, wanted), *missing(present, wanted)):
        want.put(door)
    for line in scope.spec.ident:
        words = line.split()
        if len(words) == 3:
            want.put(IdentityMap(*(word.strip('"') for word in words)))


def right(present: Sequence[Door], wanted: Sequence[Door]) -> list[Door]:
    """Those of the doors that are there which let in nobody but whom the wanted ones let in."""
    open_to = [door for door in wanted if door.method != REJECT]
    exact = {_what(door) for door in open_to}
    return [door for door in present
            if (not door.error or door.shut)
            and (door.method == REJECT or _what(door) in exact or _may_stay(door, open_to))]


def missing(present: Sequence[Door], wanted: Sequence[Door]) -> list[Door]:
    """Those of the wanted doors that do not open: no line is there for them, or an earlier one turns their people away.

    `present` in the order in which the server asks them, their lines' numbers rising.
    """
    open_to = [door for door in wanted if door.method != REJECT]
    exact = {_what(door) for door in open_to}
    read = [door for door in present if not door.error]
    broad = [door for door in read if door.method == REJECT or _what(door) not in exact]
    there = {_what(door): door.line for door in reversed(read)}
    return [door for door in open_to if not _opens(door, broad, there.get(_what(door)))]


def parse(line: str) -> Door:
    """A line of pg_hba.conf, in one form."""
    fields = [[word.text for word in field] for field in fields_of(line)]
    words = [field[0] for field in fields]
    local = words[0] == "local"
    at = 3 if local else 4
    address = ""
    if not local:
        masked = len(words) > 4 and re.fullmatch(r"[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:]*", words[4]) is not None
        address = hba.network(words[3], words[4]) if masked else _cidr(words[3])
        at = 5 if masked else 4
    return Door(0, words[0], tuple(sorted(fields[1])), tuple(sorted(fields[2])), address, words[at],
                tuple(sorted(words[at + 1:])))


def _cidr(word: str) -> str:
    try:
        return str(ip_network(word, strict=False))
    except ValueError:
        return word


def _what(door: Door) -> Door:
    """The door without where it stands in the file, and whether it opens now."""
    return replace(door, line=0, error="", place="")


def _networks(address: str) -> tuple[Network, ...]:
    """The networks of an address; none for a word that only the server can resolve."""
    if address == ALL:
        return _EVERYWHERE
    try:
        return (ip_network(address, strict=False),)
    except ValueError:
        return ()


def _within(inner: str, outer: str) -> bool:
    """Whether every address of `inner` lies in `outer`."""
    if inner == outer:
        return True
    networks = _networks(inner)
    return bool(networks) and all(any(_part_of(one, other) for other in _networks(outer)) for one in networks)


def _part_of(one: Network, other: Network) -> bool:
    """Whether a network lies in another; of two versions none lies in the other."""
    if isinstance(one, IPv4Network):
        return isinstance(other, IPv4Network) and one.subnet_of(other)
    return isinstance(other, IPv6Network) and one.subnet_of(other)


def _same_way(door: Door, wanted: Door) -> bool:
    """Whether `door` is of the same kind and asks for the same proof; one that insists on TLS asks for more."""
    kinds = (wanted.type, "hostssl") if wanted.type == "host" else (wanted.type,)
    return door.type in kinds and (door.method, door.options) == (wanted.method, wanted.options)


def _may_stay(door: Door, wanted: Sequence[Door]) -> bool:
    """Whether everybody whom the line names may come in by it: every database, user and address is within a wanted one."""
    return all(any(_same_way(door, other) and database in other.databases and _is_user(user, other.users)
                   and _within(door.address, other.address) for other in wanted)
               for database in door.databases for user in door.users)


def _is_user(user: str, users: Iterable[str]) -> bool:
    return user in users


def _opens(door: Door, broad: Sequence[Door], line: int | None) -> bool:
    """Whether a wanted door opens: no earlier line turns its people away. `line`: where it stands word by word."""
    for other in broad:
        if line is not None and other.line > line:
            break
        if other.method == REJECT and _touches(other, door):
            return False
        if _covers(other, door):
            return other.method != REJECT
    return line is not None


def _touches(line: Door, door: Door) -> bool:
    """Whether `line` decides about anybody of `door`: one of its addresses, or those with or without TLS, is enough."""
    if (line.type == "local") != (door.type == "local"):
        return False
    same = _matches(door.databases, line.databases, REPLICATION) and _matches(door.users, line.users, None)
    return same and (line.type == "local" or line.address == door.address or any(
        one.version == other.version and one.overlaps(other)
        for one in _networks(line.address) for other in _networks(door.address)))


def _covers(line: Door, door: Door) -> bool:
    """Whether `line` decides about everybody of `door`, so that no later line is asked."""
    if (line.type == "local") != (door.type == "local") or line.type in ("hostnossl", "hostgssenc"):
        return False
    return (_matches(door.databases, line.databases, REPLICATION) and _matches(door.users, line.users, None)
            and (line.type == "local" or _within(door.address, line.address)))


def _matches(names: Iterable[str], patterns: Sequence[str], never_by_all: str | None) -> bool:
    """Whether each name is matched by one of the patterns: by itself, by all, by a regular expression."""
    return all(any(name == pattern or (pattern == ALL and name != never_by_all)
                   or (pattern.startswith("/") and re.search(pattern[1:], name) is not None) for pattern in patterns)
               for name in names)
