# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The doors that the matrix wants, and which of those that are there may stay. What a line lets in counts, not how it is
written: order, quotes, netmasks and redundant rejections do not matter.

https://www.postgresql.org/docs/current/auth-pg-hba-conf.html
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Union

from ..record import record
from .. import hba
from ..catalog.snapshot import Snapshot
from ..hba_file.text import words as fields_of
from ..items import Door, IdentityMap, Membership
from ..model import Model
from ..ties import Ties
from .scope import Scope

ALL, REPLICATION, REJECT = "all", "replication", "reject"
Network = Union[IPv4Network, IPv6Network]
_EVERYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))
_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
NO, PERHAPS, YES = 0, 1, 2  # perhaps: only the server can tell; all of several is their min, any of them their max
# the server reads expressions as advanced ones, by the rules of C: https://www.postgresql.org/docs/current/functions-matching.html
_CLASSES = {"alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z", "xdigit": "0-9a-fA-F",
            "space": r"\s", "blank": r" \t", "word": r"\w", "punct": r"!-/:-@\[-`{-~", "graph": "!-~", "print": " -~",
            "cntrl": r"\x00-\x1f\x7f"}
_PART = re.compile(r"\\.|\[\^?\]?(?:\[:\w+:\]|\\.|[^\]])*\]", re.DOTALL)


@record(frozen=True)
class Known:
    """What a line is read by. `groups`: what each role is a member of, itself included; `regular`: whether /x is an
    expression, as from PostgreSQL 16 on; `guess`: whether a rejection that only the server can judge counts as one, unless
    the matrix has it."""

    groups: Mapping[str, frozenset[str]]
    regular: bool = True
    guess: bool = False


_NOTHING = Known({})


def expand(scope: Scope, snapshot: Snapshot, now: Model, want: Model) -> None:
    """Put the desired doors and identity maps into `want`."""
    if not snapshot.live or not snapshot.superuser:
        return
    present = sorted(now.of(Door).values())
    wanted = [parse(line) for line in hba.lines(scope.matrix, scope.spec.name)]
    known = Known(_groups(now), snapshot.major >= 16, guess=True)
    for door in (*right(present, wanted), *missing(present, wanted, known)):
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


def missing(present: Sequence[Door], wanted: Sequence[Door], known: Known = _NOTHING) -> list[Door]:
    """Those of the wanted doors that do not open: no line is there for them, or an earlier one turns their people away; that
    one is the `place`, and there is an `error` where only the server can tell.

    `present` in the order in which the server asks them, their lines' numbers rising.
    """
    open_to = [door for door in wanted if door.method != REJECT]
    exact = {_what(door) for door in open_to}
    read = [door for door in present if not door.error]
    broad = [door for door in read if door.method == REJECT or _what(door) not in exact]
    there = {_what(door): door.line for door in reversed(read)}
    meant = {_what(door) for door in wanted}
    doubtful = {door.line for door in broad if known.guess and _what(door) not in meant}
    return [closed for door in open_to for closed in _closed(door, broad, there.get(_what(door)), known, doubtful)]


def _groups(now: Model) -> dict[str, frozenset[str]]:
    ties = Ties(now)
    return {membership.member: ties.reached(membership.member) for membership in now.of(Membership).values()}


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


def _closed(door: Door, broad: Sequence[Door], line: int | None, known: Known, doubtful: Container[int]) -> list[Door]:
    """A wanted door that does not open, with the line that is in its way; none if it opens. `line`: where it stands word by
    word; `doubtful`: the lines of which a doubt is enough."""
    for other in broad:
        if line is not None and other.line > line:
            break
        touched = _touches(other, door, known) if other.method == REJECT else NO
        if touched == YES or touched == PERHAPS and other.line in doubtful:
            by = f"{other.place} («{other.text}»)" if line is not None else ""
            return [replace(door, place=by, error="" if touched == YES else "only the server can tell")]
        if _covers(other, door, known):
            return []
    return [] if line is not None else [door]


def _touches(line: Door, door: Door, known: Known) -> int:
    """Whether `line` decides about anybody of `door`: one of its addresses, or those with or without TLS, is enough."""
    if (line.type == "local") != (door.type == "local") or {line.type, door.type} == {"hostssl", "hostnossl"}:
        return NO
    return min(_named(line, door, known), YES if line.type == "local" else _reaches(line.address, door.address))


def _reaches(address: str, other: str) -> int:
    """Whether a line's address may be that of somebody from `other`."""
    if address == other:
        return YES
    mine, theirs = _networks(address), _networks(other)
    if address in ("samehost", "samenet", "localhost"):
        if any(_overlap(one, two) for one in _LOOPBACK for two in theirs):
            return YES
        return NO if address == "localhost" and theirs else PERHAPS
    if not mine or not theirs:
        return PERHAPS
    return YES if any(_overlap(one, two) for one in mine for two in theirs) else NO


def _overlap(one: Network, other: Network) -> bool:
    return one.version == other.version and one.overlaps(other)


def _covers(line: Door, door: Door, known: Known) -> bool:
    """Whether `line` decides about everybody of `door`, so that no later line is asked."""
    if (line.type == "local") != (door.type == "local") or line.type in ("hostnossl", "hostgssenc"):
        return False
    return _named(line, door, known) == YES and (line.type == "local" or _within(door.address, line.address))


def _named(line: Door, door: Door, known: Known) -> int:
    """Whether the line is for all databases and users of `door`."""
    return min(*(max(_for_database(name, word, door.users, known) for word in line.databases) for name in door.databases),
               *(max(_for_role(name, word, known) for word in line.users) for name in door.users))


def _for_database(name: str, word: str, users: Iterable[str], known: Known) -> int:
    if word == ALL and name != REPLICATION or word == "sameuser" and all(user == name for user in users):
        return YES
    if word in ("samerole", "samegroup") and all(name in known.groups.get(user, {user}) for user in users):
        return YES
    return _fits(name, word, known)


def _for_role(name: str, word: str, known: Known) -> int:
    if word == ALL or word[:1] == "+" and word[1:] in known.groups.get(name, {name}):
        return YES
    return _fits(name, word, known)


def _fits(name: str, word: str, known: Known) -> int:
    if name == word or not known.regular or word[:1] != "/":
        return YES if name == word else NO
    expression = regular(word[1:])
    if expression is None:
        return PERHAPS
    return YES if expression.search(name) else NO


@lru_cache(64)
def regular(expression: str) -> re.Pattern[str] | None:
    """PostgreSQL's regular expression as one of Python's; None where we cannot read it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of what Python may read otherwise some day
            return re.compile(_PART.sub(_part, expression), re.ASCII)
    except (re.error, KeyError, Warning):
        return None


def _part(found: re.Match[str]) -> str:
    """An escaped character, or a set of characters, in which Python has no classes and wants brackets escaped."""
    part = found[0]
    if part[0] == "\\":
        if part[1] in "bBmMyY":  # no word boundary there, or none here
            raise KeyError(part)
        return part
    if re.search(r"\[[.=]", part[1:]):
        raise KeyError(part)
    inner = re.sub(r"\[:(\w+):\]|(\\.)|\[", lambda one: _CLASSES[one[1]] if one[1] else one[2] or r"\[", part[1:-1],
                   flags=re.DOTALL)
    return f"[{inner}]"
