# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From where a service connects: what was seen, and what pg_hba.conf says of it by name. Which lines are the operator's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv6Address, ip_address, ip_network

from .. import hba
from ..items import Door, IdentityMap
from ..matrix.kinds import address as is_address
from ..matrix.types import DEFAULT_HBA, LOCAL_ADDRESSES
from .facts import LOCAL, Facts
from .names import fits

ALL, REPLICATION = "all", "replication"
PROOFS = ("peer", "scram-sha-256", "cert", "gss")  # what an operator's own line may ask for
MOST = 8  # single addresses; more are told as networks
_EVERYWHERE = ("0.0.0.0/0", "::/0", ALL)


def proposed(facts: Facts, roles: Sequence[str], database: str) -> tuple[list[str], list[str]]:
    """`client_addresses` of roles in a database (empty: in any), nothing where the default fits; and what to know of it.

    Lines that name both database and role are the operator's own decision; without one, the default and what was seen.
    """
    seen = {network for address in facts.seen.seen_from(roles, database) for network in _network(address)}
    named = {address for door in facts.doors if _names(door, roles, database) for address in _of_door(door)}
    known = [address for address in named if fits(is_address, address)]
    notes = [f"pg_hba.conf lets it in from {address}, which cannot stand here: write the addresses that this means"
             for address in sorted(named - set(known))]
    remote = seen - set(LOCAL_ADDRESSES)
    base = known if known else (LOCAL_ADDRESSES if database else [LOCAL] if LOCAL in seen else [])
    found = {*base, *_gathered(remote), *((set(LOCAL_ADDRESSES) if database else {LOCAL}) & seen)}
    if remote - set(known):
        notes.append("seen from " + ", ".join(_sorted(remote - set(known))))
    wide = _wide(facts, database) if database and not seen - set(LOCAL_ADDRESSES) else []
    if wide:
        notes.append(f"pg_hba.conf lets everybody in from {', '.join(wide)}; nobody of this service was seen from there")
    return ([] if found == set(LOCAL_ADDRESSES) and database else _sorted(found)), notes


def operators_lines(facts: Facts) -> tuple[list[str], list[str], list[str]]:
    """`hba` and `ident` as far as they are the superusers' own and safe, and what is left out of them and why."""
    supers = facts.snapshot.superusers
    kept: list[str] = []
    maps: set[str] = set()
    notes = []
    for door in facts.doors:
        if not set(door.users) <= supers or door.method == "reject":
            continue
        if door.method not in PROOFS or door.address in _EVERYWHERE:
            notes.append(f"left out, for it is reported: pg_hba.conf line {door.line} ({door.text})")
            continue
        kept.append(_line(door))
        maps |= {option.partition("=")[2] for option in door.options if option.startswith("map=")}
    ident = []
    for entry in sorted(facts.snapshot.model.of(IdentityMap).values()):
        if entry.map in maps and entry.role in supers and not any(char.isspace() for char in entry.account + entry.role):
            ident.append(f"{entry.map} {entry.account} {entry.role}")
        else:
            notes.append(f"left out, for it is reported: pg_ident.conf, map {entry.map}: {entry.account} is {entry.role}")
    return ([] if tuple(kept) == DEFAULT_HBA else list(dict.fromkeys(kept))), ident, notes


def _line(door: Door) -> str:
    """A line as the operator could have written it."""
    words = (",".join(_word(name) for name in names) for names in (door.databases, door.users))
    return " ".join(word for word in (door.type, *words, door.address, door.method, *door.options) if word)


def _word(name: str) -> str:
    return name if name in (ALL, REPLICATION) else hba.word(name)


def _names(door: Door, roles: Iterable[str], database: str) -> bool:
    """Whether a line that lets in names these roles, and the database where there is one."""
    return (door.method not in ("reject", "trust") and bool(set(door.users) & set(roles))
            and (not database or database in door.databases))


def _of_door(door: Door) -> list[str]:
    return [LOCAL] if door.type == "local" else [door.address]


def _wide(facts: Facts, database: str) -> list[str]:
    """Addresses from which lines let in whoever it is."""
    found = {door.address for door in facts.doors
             if door.method != "reject" and ALL in door.users and (ALL in door.databases or database in door.databases)}
    return _sorted(found - {"", "127.0.0.1/32", "::1/128", "127.0.0.0/8"})


def _network(address: str) -> list[str]:
    """An address that was seen, as the matrix has it; loopback is the default."""
    if address == LOCAL:
        return [LOCAL]
    one = ip_address(address.partition("%")[0])
    if isinstance(one, IPv6Address) and one.ipv4_mapped:
        one = one.ipv4_mapped
    if one.is_loopback:
        return ["127.0.0.1/32" if one.version == 4 else "::1/128"]
    return [str(ip_network(one))]


def _gathered(networks: Iterable[str]) -> list[str]:
    """The same addresses; as networks of 256 (of 2**64) where they are too many to be written one by one."""
    found = sorted(networks)
    if len(found) <= MOST:
        return found
    wider = {ip_network(one).supernet(new_prefix=64 if ":" in one else 24) for one in found}
    return sorted(map(str, wider))


def _sorted(addresses: Iterable[str]) -> list[str]:
    """The default ones first, in their order."""
    order = {address: number for number, address in enumerate(LOCAL_ADDRESSES)}
    return sorted(addresses, key=lambda address: (order.get(address, len(order)), address))
