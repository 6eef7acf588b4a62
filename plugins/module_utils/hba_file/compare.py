# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stands in the files against what should: who is let in beyond the matrix, who is missing, who is connected now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from .. import hba
from ..expand import doors
from ..items import Door
from .match import Groups, Knock, decide
from .rules import Rule, Rules
from .text import lines, words

CRITICAL, HIGH, MEDIUM, LOW = "critical", "high", "medium", "low"
ORDER = (CRITICAL, HIGH, MEDIUM, LOW)


@dataclass(frozen=True)
class Difference:
    """One difference. `kind`: broken, unread, open, wider, missing, shut, identity or
    included; `line` is one of the file that is
    there, 0 where it lacks one; `file` is empty for pg_hba.conf and pg_ident.conf themselves."""

    severity: str
    kind: str
    line: int
    text: str
    message: str
    file: str = ""


@dataclass(frozen=True)
class Guest:
    """Sessions of one role in one database from one address, and what the wanted lines would say to them."""

    knock: Knock
    count: int
    refused: bool | None
    by: str
    message: str


def differences(present: Rules, wanted: Rules, *, tls: bool, text: str) -> list[Difference]:
    """All, the worst first. `text`: that of the pg_hba.conf that is there; `tls`: whether the server has it on."""
    found = [*_broken(present), *_wider(present, wanted), *_missing(present, wanted), *_shut(wanted, tls),
             *_identities(present, wanted), *_included(present, text)]
    return sorted_by_consequence(found)


def sorted_by_consequence(found: Sequence[Difference]) -> list[Difference]:
    """The worst first."""
    return sorted(found, key=lambda one: ORDER.index(one.severity))


def guests(others: Sequence[tuple[Knock, int]], wanted: Rules, groups: Groups, major: int) -> list[Guest]:
    """Everybody who is connected, those first whom the wanted lines would refuse."""
    found = []
    for knock, count in others:
        verdict = decide(knock, wanted.doors, groups, major)
        by = verdict.rule.shown if verdict.rule else ""
        says = {True: "would be refused", False: f"comes in by «{by}»", None: f"only the server can tell («{by}»)"}
        found.append(Guest(knock, count, verdict.refused, by, says[verdict.refused]))
    return sorted(found, key=lambda guest: (guest.refused is False, guest.refused is None))


def faults(rules: Rules) -> list[str]:
    """What the server cannot read, line by line, with the comment that says whose line it is."""
    said = []
    for rule in rules.doors:
        if rule.door.error and not rule.door.shut:
            whose = f" ({rule.source.origin})" if rule.source and rule.source.origin else ""
            said.append(f"pg_hba.conf line {rule.door.line}, «{rule.shown}»{whose}: {rule.door.error}")
    said += [f"pg_ident.conf line {one.line}: {one.error}" for one in rules.identities if one.error]
    return said


def _broken(present: Rules) -> Iterator[Difference]:
    for rule in present.doors:
        if rule.door.error and not rule.door.shut:
            yield Difference(CRITICAL, "broken", rule.door.line, rule.shown, f"{_place(rule)} cannot be read "
                             f"({rule.door.error}): no reload succeeds, and a restart fails.", rule.file)
    for one in present.identities:
        if one.error:
            yield Difference(CRITICAL, "broken", one.line, "", f"pg_ident.conf line {one.line} cannot be read ({one.error}):"
                             " the old lines stay in force.", one.file)


def _wider(present: Rules, wanted: Rules) -> Iterator[Difference]:
    want = _open(wanted)
    fine = {door.line for door in doors.right(present.numbered, want)}
    for number, rule in enumerate(present.doors, 1):
        door = rule.door
        if number in fine or not door.type or (door.error and not door.shut):
            continue
        severity, lets = HIGH, "lets in whom the matrix does not"
        if door.method == "trust":
            severity, lets = CRITICAL, "lets people in without any proof"
        elif doors.right([replace(door, method=hba.METHOD)], want):
            severity, lets = MEDIUM, "asks for another proof than the matrix"
        yield Difference(severity, "wider", door.line, rule.shown, f"{_place(rule)} («{rule.shown}») {lets}.", rule.file)


def _missing(present: Rules, wanted: Rules) -> Iterator[Difference]:
    by_number = dict(enumerate(wanted.doors, 1))
    for door in doors.missing(_open(present), _open(wanted)):
        rule = by_number[door.line]
        whose = f", as {rule.source.origin} wants" if rule.source and rule.source.origin else ""
        where = f"from {door.address}" if door.address else "over the local socket"
        yield Difference(HIGH, "missing", 0, rule.shown, f"Nothing lets {','.join(door.users)} into "
                         f"{','.join(door.databases)} {where}{whose}: «{rule.shown}».")


def _shut(wanted: Rules, tls: bool) -> Iterator[Difference]:
    if tls:
        return
    for rule in wanted.doors:
        if rule.door.type == "hostssl" and rule.door.method != doors.REJECT:
            yield Difference(HIGH, "shut", 0, rule.shown, f"«{rule.shown}» lets nobody in while TLS is off: switch it on "
                             "(ssl = on).")


def _identities(present: Rules, wanted: Rules) -> Iterator[Difference]:
    have = {(one.map, one.account, one.role): one for one in present.identities if not one.error}
    want = {(one.map, one.account, one.role): one for one in wanted.identities if not one.error}
    for key, one in have.items():
        if key not in want:
            yield Difference(CRITICAL, "identity", one.line, " ".join(key), f"pg_ident.conf line {one.line} lets account "
                             f"{one.account} of the host be role {one.role} (map {one.map}); the matrix does not.", one.file)
    for key, one in want.items():
        if key not in have:
            yield Difference(MEDIUM, "identity", 0, " ".join(key), f"Nothing lets account {one.account} of the host be role "
                             f"{one.role} (map {one.map}).")


def _included(present: Rules, text: str) -> Iterator[Difference]:
    """From PostgreSQL 16 on a file may take in others; an older server calls such a line broken."""
    names = sorted({rule.file for rule in present.doors if rule.file})
    inside = sum(1 for rule in present.doors if rule.file and rule.door.type)
    for line in lines(text):
        if words(line.text)[0][0].text in ("include", "include_if_exists", "include_dir"):
            files = f"{inside} lines of {', '.join(names)} count today" if names else "nothing stands there today"
            yield Difference(LOW, "included", line.number, line.shown, f"Line {line.number} of pg_hba.conf («{line.shown}») "
                             f"takes in other files: {files}. The wanted file takes none in; they stay where they are, "
                             "and count no more.")


def _open(rules: Rules) -> list[Door]:
    """The doors as if TLS were on: that it is off is told of itself."""
    return [replace(door, error="") if door.shut else door for door in rules.numbered]


def _place(rule: Rule) -> str:
    return f"Line {rule.door.line} of {rule.file or 'pg_hba.conf'}"
