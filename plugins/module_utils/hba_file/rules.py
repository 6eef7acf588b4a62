# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Both files as a server reads them: its views hold what stands in the files now, not what it goes by.

https://www.postgresql.org/docs/current/view-pg-hba-file-rules.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..hba import network
from ..items import Door
from .text import Line, Word, lines, without, words

# each a text, so that a server without clients can write it into a file as well
HBA = "SELECT coalesce(json_agg(r), '[]')::text FROM pg_catalog.pg_hba_file_rules r"
IDENT = "SELECT coalesce(json_agg(r), '[]')::text FROM pg_catalog.pg_ident_file_mappings r"
UNREADABLE = "the server does not say why"  # for some faults its view has neither a rule nor an error


@dataclass(frozen=True)
class Rule:
    """A line of pg_hba.conf as the server reads it. `file` is empty for pg_hba.conf itself; `databases` and `users` are
    as they are written, `source` is the line's text (none for a file that we do not have)."""

    file: str
    door: Door
    databases: tuple[Word, ...] = ()
    users: tuple[Word, ...] = ()
    source: Line | None = None

    @property
    def shown(self) -> str:
        """The line for a person."""
        return self.source.shown if self.source else self.door.text


@dataclass(frozen=True)
class Identity:
    """A line of pg_ident.conf as the server reads it."""

    file: str
    line: int
    map: str
    account: str
    role: str
    error: str = ""


@dataclass(frozen=True)
class Rules:
    """Both files, in the order in which the server asks their lines."""

    doors: tuple[Rule, ...] = ()
    identities: tuple[Identity, ...] = field(default=())

    @property
    def meaning(self) -> tuple[object, ...]:
        """What is compared to know whether two servers read the same: not where it stands, and not whether TLS is on."""
        return (tuple(replace(rule.door, error="" if rule.door.shut else rule.door.error) for rule in self.doors),
                tuple((one.map, one.account, one.role, one.error) for one in self.identities))

    @property
    def numbered(self) -> tuple[Door, ...]:
        """The doors with numbers that rise through all files."""
        return tuple(replace(rule.door, line=place) for place, rule in enumerate(self.doors, 1))


def read(hba: str, ident: str, hba_file: str, ident_file: str, hba_text: str, ident_text: str) -> Rules:
    """Takes what HBA and IDENT yield, the paths of both files and their texts."""
    sources = {line.number: line for line in lines(hba_text)}
    doors = [_rule(row, hba_file, sources, hba_text) for row in json.loads(hba)]
    identities = [_identity(row, ident_file, ident_text) for row in json.loads(ident)]
    return Rules(tuple(doors), tuple(identities))


def _rule(row: Mapping[str, Any], own: str, sources: Mapping[int, Line], text: str) -> Rule:
    file = _file(row, own)
    error = row["error"] or ("" if row["type"] else UNREADABLE)
    databases, users = row["database"] or [], row["user_name"] or []
    door = Door(row["line_number"], row["type"] or "", tuple(sorted(databases)), tuple(sorted(users)),
                network(row["address"], row["netmask"]), row["auth_method"] or "", tuple(sorted(row["options"] or ())),
                without(error, text))
    source = None if file else sources.get(door.line)
    fields = words(source.text) if source else []
    return Rule(file, door, _written(fields[1:2], databases), _written(fields[2:3], users), source)


def _written(fields: list[list[Word]], names: list[str]) -> tuple[Word, ...]:
    """The names as they are written; where they stand in another file (@file), as the server tells them."""
    if fields and [word.text for word in fields[0]] == names:
        return tuple(fields[0])
    return tuple(Word(name, False) for name in names)


def _identity(row: Mapping[str, Any], own: str, text: str) -> Identity:
    error = row["error"] or ("" if row["map_name"] else UNREADABLE)
    return Identity(_file(row, own), row["line_number"], row["map_name"] or "", row["sys_name"] or "",
                    row["pg_username"] or "", without(error, text))


def _file(row: Mapping[str, Any], own: str) -> str:
    """The included file in which a line stands (PostgreSQL 16 on); none for the file itself."""
    name = str(row.get("file_name") or own)
    return "" if name == own else name
