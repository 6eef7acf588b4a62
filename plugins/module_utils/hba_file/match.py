# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which line of pg_hba.conf decides about a connection: the first whose kind, database, role and address fit.

https://www.postgresql.org/docs/current/auth-pg-hba-conf.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from ..expand.doors import regular
from .rules import Identity, Rule
from .text import Word

REJECT, ALL, REPLICATION = "reject", "all", "replication"
Groups = Mapping[str, frozenset[str]]  # for each role all that it is a member of, itself included


class Unsure(Exception):
    """Only the server can tell: a name that must be looked up, an address of the host, an expression we do not read."""


@dataclass(frozen=True, order=True)
class Knock:
    """Somebody who comes in. `database` is empty for physical replication, `address` for the socket."""

    role: str
    database: str
    address: str
    tls: bool = False
    gss: bool = False


@dataclass(frozen=True)
class Verdict:
    """`rule` decides; none where no line fits. Not `sure`: the server may see it otherwise."""

    rule: Rule | None
    sure: bool = True

    @property
    def refused(self) -> bool | None:
        """Whether the server turns him away whatever his proof; None where only the server can tell."""
        if not self.sure:
            return None
        return self.rule is None or self.rule.door.method == REJECT


def decide(knock: Knock, rules: Iterable[Rule], groups: Groups, major: int) -> Verdict:
    """The line that the server would go by."""
    for rule in rules:
        if not rule.door.type:
            continue  # include, or a line that cannot be read
        try:
            if (_kind(knock, rule.door.type) and _address(knock, rule.door.address)
                    and any(_database(knock, name, groups, major) for name in rule.databases)
                    and any(_role(knock.role, name, groups, major) for name in rule.users)):
                return Verdict(rule)
        except Unsure:
            return Verdict(rule, sure=False)
    return Verdict(None)


def is_role(account: str, role: str, map_: str, identities: Iterable[Identity]) -> bool | None:
    """Whether the account of the host may be the role, by a map of pg_ident.conf or, without one, by its name."""
    if not map_:
        return account == role
    mine = [one for one in identities if one.map == map_]
    if any((one.account, one.role) == (account, role) for one in mine):
        return True
    plain = all(not one.account.startswith("/") and one.role != ALL and one.role[:1] not in "+/" for one in mine)
    return False if plain else None


def _kind(knock: Knock, kind: str) -> bool:
    if kind == "local" or not knock.address:
        return kind == "local" and not knock.address
    return {"hostssl": knock.tls, "hostnossl": not knock.tls, "hostgssenc": knock.gss,
            "hostnogssenc": not knock.gss}.get(kind, True)


def _address(knock: Knock, address: str) -> bool:
    if not knock.address or address == ALL:
        return True
    mine = ip_address(knock.address.partition("%")[0])
    if address in ("samehost", "samenet"):
        if mine.is_loopback:
            return True
        raise Unsure
    try:
        return mine in ip_network(address)
    except ValueError:
        raise Unsure from None


def _database(knock: Knock, name: Word, groups: Groups, major: int) -> bool:
    keyword = "" if name.quoted else name.text
    if not knock.database or keyword == REPLICATION:
        return not knock.database and keyword == REPLICATION
    if keyword == "sameuser":
        return knock.database == knock.role
    if keyword in ("samerole", "samegroup"):
        return knock.database in groups.get(knock.role, {knock.role})
    return keyword == ALL or _same(knock.database, name.text, major)


def _role(role: str, name: Word, groups: Groups, major: int) -> bool:
    if not name.quoted and name.text.startswith("+"):
        return name.text[1:] in groups.get(role, {role})
    return (name.text == ALL and not name.quoted) or _same(role, name.text, major)


def _same(mine: str, name: str, major: int) -> bool:
    if major < 16 or not name.startswith("/"):
        return mine == name
    expression = regular(name[1:])
    if expression is None:
        raise Unsure
    return expression.search(mine) is not None
