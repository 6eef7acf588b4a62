# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a dump holds, as `pg_restore --list` tells it, parted by who may restore it.

A dump is the work of its database's owner: the code in it (CHECK functions, defaults, expressions of indexes) runs when it
is restored, as whoever restores it. So no superuser executes a line of it. What only a superuser can make is told apart
here and made anew from names alone (restore_make.py); all else is restored by a role that may do nothing.

A line is `ID; TABLEOID OID KIND SCHEMA NAME OWNER`. Names may hold spaces, so a kind may seem longer than it is, and only
its first words are certain. What is taken for the superuser's is therefore told by the catalog's number too; what is
mistaken falls to the role that may do nothing. https://www.postgresql.org/docs/current/app-pgrestore.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .errors import BackupError

OURS = "good_neighbor"  # the schema of the collection's own records, which are written anew from the manifest
_LINE = re.compile(r"([0-9]+); ([0-9]+) [0-9]+ (.*)")
_EXTENSION = ("3079", "EXTENSION - ")
_PUBLICATION = ("6104", "PUBLICATION - ")
# What the matrix does not know, or only a superuser could make, and what it would do as one.
_TOLD = (
    ("3466", "EVENT TRIGGER - ", "event trigger"),
    ("2328", "FOREIGN DATA WRAPPER - ", "foreign-data wrapper"),
    ("1417", "SERVER - ", "foreign server"),
    ("1418", "USER MAPPING - ", "user mapping"),
    ("1259", "FOREIGN TABLE ", "foreign table"),
    ("6100", "SUBSCRIPTION - ", "subscription"),
    ("2612", "PROCEDURAL LANGUAGE - ", "language"),
    ("6237", "PUBLICATION TABLES IN SCHEMA ", "publication of a whole schema"),
    ("0", "SECURITY LABEL ", "security label"),
)
# Rights are the matrix's; what an extension says of itself comes with it; the rest belongs to what is told above.
_LEFT_OUT = re.compile(
    r"ACL |DEFAULT ACL |COMMENT - (EXTENSION|EVENT TRIGGER|SERVER|FOREIGN DATA WRAPPER|SUBSCRIPTION|LANGUAGE|PUBLICATION) ")
_OF_OURS = re.compile(rf"SCHEMA - {OURS} |COMMENT - SCHEMA {OURS} |(?:TABLE DATA|TABLE|CONSTRAINT|COMMENT|INDEX) {OURS} ")
_WORD = r'("(?:[^"\n]|"")+"|[a-z_][a-z0-9_$]*)'
_MADE = re.compile(rf"^CREATE EXTENSION IF NOT EXISTS {_WORD} WITH SCHEMA {_WORD};$", re.MULTILINE)
_FOR_ALL = re.compile(rf"^CREATE PUBLICATION {_WORD} FOR ALL TABLES WITH \(([a-z_]+ = [a-z0-9_ =,']+)\);$", re.MULTILINE)


@dataclass(frozen=True)
class Entry:
    """One line: `table` is the number of the catalog that it stands in, `rest` all behind the numbers."""

    number: int
    table: str
    rest: str
    line: str

    def is_a(self, kind: tuple[str, str]) -> bool:
        """Whether it is of a kind: a catalog's number, and how the text begins."""
        return self.table == kind[0] and self.rest.startswith(kind[1])


@dataclass(frozen=True)
class Parts:
    """A list, parted: `extensions` are for a superuser to make, `rest` is restored as it is, in its order (`publications`
    are those in it), `told` is what is left out that a person should know of."""

    extensions: tuple[Entry, ...]
    publications: tuple[Entry, ...]
    rest: tuple[Entry, ...]
    told: tuple[str, ...]


@dataclass(frozen=True)
class Extension:
    """An extension, and the schema in which its objects lie."""

    name: str
    schema: str


def entries(listing: str) -> tuple[Entry, ...]:
    """The lines of a listing, less its comments. Raises BackupError where a line is none."""
    found = []
    for line in listing.split("\n"):  # pg_restore replaces this one in names, and not what Python takes for one besides
        if not line or line.startswith(";"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise BackupError(f"pg_restore lists what nobody can read: {line[:80]!r}")
        found.append(Entry(int(match[1]), match[2], match[3], line))
    return tuple(found)


def parts(listing: str, declared: Iterable[str]) -> Parts:
    """The listing, parted. `declared`: the row's extensions, which a superuser makes; any other is tried by the role that
    may do nothing, to whom PostgreSQL gives those alone that it trusts."""
    names = set(declared)
    extensions, rest, told = [], [], []
    for entry in entries(listing):
        what = next((what for table, kind, what in _TOLD if entry.is_a((table, kind))), None)
        if what is not None:
            told.append(f"{what} {_name(entry)}")
        elif _LEFT_OUT.match(entry.rest) or _OF_OURS.match(entry.rest):
            continue
        elif entry.is_a(_EXTENSION) and _extension_name(entry) in names:
            extensions.append(entry)
        else:
            rest.append(entry)
    publications = tuple(entry for entry in rest if entry.is_a(_PUBLICATION))
    return Parts(tuple(extensions), publications, tuple(rest), tuple(told))


def chosen(some: Iterable[Entry]) -> str:
    """A list for `pg_restore --use-list` that takes these alone."""
    return "".join(f"{entry.line}\n" for entry in some)


def extensions(script: str, declared: Iterable[str]) -> tuple[Extension, ...]:
    """Which of the declared extensions a script of pg_restore would make, and where. Names are taken out of it, nothing of
    it is run; a name with a line break may forge a line of it, and still makes nothing that is not declared."""
    found = {_plain(name): _plain(schema) for name, schema in reversed(_MADE.findall(script))}
    return tuple(Extension(name, found[name]) for name in declared if name in found)


def for_all_tables(script: str) -> dict[str, str]:
    """The publications for all tables in such a script, and their options, such as `publish = 'insert'`."""
    return {_plain(name): options for name, options in _FOR_ALL.findall(script)}


def without_schemas(some: Iterable[Entry], made: Iterable[str]) -> tuple[Entry, ...]:
    """Less the schemas that were `made` already."""
    starts = tuple(f"SCHEMA - {name} " for name in made)
    return tuple(entry for entry in some if not (entry.table == "2615" and entry.rest.startswith(starts)))


def without_publications(some: Iterable[Entry], shared: Iterable[str]) -> tuple[Entry, ...]:
    """Less the publications `shared`, those for all tables, which only a superuser can make."""
    starts = tuple(f"PUBLICATION - {name} " for name in shared)
    return tuple(entry for entry in some if not (entry.is_a(_PUBLICATION) and entry.rest.startswith(starts)))


def _extension_name(entry: Entry) -> str:
    return entry.rest[len(_EXTENSION[1]):].strip()


def _name(entry: Entry) -> str:
    """What a told entry is called, without its kind and its owner."""
    return " ".join(entry.rest.split(" - ", 1)[-1].split(" ")[:-1]) or entry.rest


def _plain(word: str) -> str:
    return word[1:-1].replace('""', '"') if word.startswith('"') else word
