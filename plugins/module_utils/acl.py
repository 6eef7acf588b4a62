# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Access control lists: PostgreSQL's text form, and what it means where it is NULL.

Source: https://www.postgresql.org/docs/current/ddl-priv.html (tables of abbreviations and of defaults) and the functions
aclitemin, acldefault and aclnewowner of PostgreSQL's utils/adt/acl.c.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache, lru_cache
from sys import intern

from .items import PUBLIC, Grant, Obj

LETTERS = {
    "r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE", "D": "TRUNCATE", "x": "REFERENCES", "t": "TRIGGER",
    "m": "MAINTAIN", "X": "EXECUTE", "U": "USAGE", "C": "CREATE", "T": "TEMPORARY", "c": "CONNECT", "s": "SET",
    "A": "ALTER SYSTEM"}

_TABLE = "arwdDxt"
_OWNER = {
    "TABLE": _TABLE, "VIEW": _TABLE, "MATERIALIZED VIEW": _TABLE, "FOREIGN TABLE": _TABLE, "SEQUENCE": "rwU",
    "DATABASE": "CTc", "SCHEMA": "UC", "FUNCTION": "X", "PROCEDURE": "X", "AGGREGATE": "X", "LANGUAGE": "U",
    "TYPE": "U", "DOMAIN": "U", "LARGE OBJECT": "rw", "TABLESPACE": "C", "FOREIGN DATA WRAPPER": "U", "SERVER": "U",
    "PARAMETER": ""}
_PUBLIC = {"DATABASE": "Tc", "FUNCTION": "X", "PROCEDURE": "X", "AGGREGATE": "X", "LANGUAGE": "U", "TYPE": "U",
           "DOMAIN": "U"}


@cache
def words(letters: str) -> tuple[str, ...]:
    """Privileges of their letters, sorted. There are few, and a server has each a thousand times."""
    return tuple(sorted(LETTERS[letter] for letter in letters))


def owners_privileges(kind: str, major: int) -> tuple[str, ...]:
    """All that an owner holds of its own on an object of `kind`."""
    letters = _OWNER.get(kind, "")
    return words(letters + "m" if letters == _TABLE and major >= 17 else letters)


def default(obj: Obj, owner: str, major: int) -> list[Grant]:
    """What a NULL ACL means."""
    own = owners_privileges(obj.kind, major)
    grants = [Grant(obj, "", owner, owner, own)] if own else []
    if obj.kind in _PUBLIC:
        grants.append(Grant(obj, "", PUBLIC, owner, words(_PUBLIC[obj.kind])))
    return grants


@lru_cache(1000)  # most objects of a server have the same few
def parse(text: str) -> tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...]:
    """The entries of an ACL: (grantee, grantor, privileges, those that may be passed on).

    `text` is an aclitem[] as the server prints it, such as {alice=arw*/alice,"=r/\\"odd name\\""}. A role that is gone
    stands as its number. Raises ValueError for anything else.
    """
    return tuple(_entry(item) for item in _items(text))


def _items(text: str) -> list[str]:
    """The elements of a one-dimensional array literal, unescaped."""
    if not (text.startswith("{") and text.endswith("}")):
        raise ValueError(f"not an ACL: {text}")
    out: list[str] = []
    word, quoted, started, i = "", False, False, 1
    while i < len(text) - 1:
        char = text[i]
        if char == "\\":
            i += 1
            word += text[i]
        elif char == '"':
            quoted, started = not quoted, True
        elif char == "," and not quoted:
            out.append(word)
            word = ""
        else:
            word += char
            started = True
        i += 1
    return [*out, word] if started else out


def _name(text: str, at: int) -> tuple[str, int]:
    """A role's name at `at`, double-quoted or not, and the place after it."""
    name, quoted = "", False
    while at < len(text):
        char = text[at]
        if char == '"':
            if quoted and text[at + 1:at + 2] == '"':
                name += '"'
                at += 1
            else:
                quoted = not quoted
        elif not quoted and char in "=/":
            break
        else:
            name += char
        at += 1
    return name, at


def _entry(item: str) -> tuple[str, str, tuple[str, ...], tuple[str, ...]]:
    grantee, at = _name(item, 0)
    letters, _slash, rest = item[at + 1:].partition("/")
    grantor, _end = _name(rest, 0)
    held = [letter for letter in letters if letter != "*"]
    passed = [letter for letter, mark in zip(letters, letters[1:]) if mark == "*"]
    return intern(grantee) or PUBLIC, intern(grantor), words("".join(held)), words("".join(passed))


def grants(obj: Obj, text: str | None, owner: str, major: int, column: str = "") -> list[Grant]:
    """The grants of an ACL; NULL means the defaults of an object, and nothing for a column."""
    if text is None:
        return [] if column else default(obj, owner, major)
    found = [Grant(obj, column, *entry) for entry in parse(text)]
    return [grant for grant in found if grant.privileges]


def new_owner(existing: Iterable[Grant], old: str, new: str) -> list[Grant]:
    """What ALTER ... OWNER TO makes of an object's grants: the new owner takes the old one's place, as grantee and as
    grantor, and entries that become alike are merged. The old owner keeps nothing."""
    merged: dict[tuple[object, ...], Grant] = {}
    for grant in existing:
        moved = replace(grant, grantee=new if grant.grantee == old else grant.grantee,
                        grantor=new if grant.grantor == old else grant.grantor)
        other = merged.get(moved.key)
        if other is not None:
            moved = replace(moved, privileges=tuple(sorted({*moved.privileges, *other.privileges})),
                            grantable=tuple(sorted({*moved.grantable, *other.grantable})))
        merged[moved.key] = moved
    return sorted(merged.values())
