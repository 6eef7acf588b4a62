# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the modules return, told to a person: violations by cause, what is new first, worst first, each with what to type."""

from __future__ import annotations

import json
import shlex
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from .rules.base import DEFERRED, EXCEPTED, KINDS, OPEN, REMEDIED, SEVERITIES, UNCHECKED
from .rules.registry import RULES
from .text_table import cell, counted, size, table

Row = Mapping[str, Any]

STANDING = (OPEN, DEFERRED, UNCHECKED)  # what is still so after the run
COSTS = {
    "safe": "reversible, loses nothing, ends no session",
    "disruptive": "ends sessions, or takes a login or a working password away",
    "removal": "drops what holds no rows",
}
PLACES_SHOWN = 12
STATEMENTS_SHOWN = 3
WIDTH = 100  # columns, where nobody says how wide the terminal is


@dataclass(frozen=True)
class Command:
    """How `site` was or would be called: what is not so yet is what the operator has to add. `options`: those of this call
    that another needs too; `limit`: the host, where there are more."""

    inventory: tuple[str, ...] = ()
    mode: str = "audit"
    remedies: tuple[str, ...] = ("safe",)
    variables: str = ""  # a file of variables, such as a draft
    options: tuple[str, ...] = ()
    limit: str = ""

    def ending(self, kind: str) -> str:
        """The command that lets remedies of `kind` run."""
        words = ["ansible-playbook", *(word for path in self.inventory for word in ("-i", path)), *self.options]
        words += ["--limit", self.limit] if self.limit else []
        words += ["bbworlds.good_neighbor.site", *(["-e", f"@{self.variables}"] if self.variables else [])]
        if self.mode != "enforce":
            words += ["-e", "good_neighbor_mode=enforce"]
        if kind not in self.remedies:
            allowed = [name for name in KINDS if name in self.remedies or name == kind]
            words += ["-e", json.dumps({"good_neighbor_remedies": allowed})]
        return shlex.join(words)


def audit_text(server: str, result: Row, command: Command, width: int = WIDTH) -> str:
    """All of a result's violations as text of `width` columns, commands and statements aside, which stay whole. Nothing that
    stands is left out without being counted. What audit_memory has marked as new stands first."""
    violations: Sequence[Row] = result["violations"]
    standing = sorted((row for row in violations if row["state"] in STANDING), key=order)
    lines = _wrapped(verdict(server, result), width)
    since = result.get("last_audit")
    parts = [("", standing)]
    if since:
        new = [row for row in standing if row["new"]]
        lines += _wrapped(f"Since the audit of {since.replace('T', ' ')}: {len(new)} new, {result['ended']} ended.", width)
        parts = [("NEW SINCE THEN", new), ("AS BEFORE", [row for row in standing if not row["new"]])]
    for title, rows in parts:
        lines += ["", title, "-" * len(title)] if title and rows else []
        for _cause_of, several in groupby(rows, key=cause):
            lines += ["", *_cause_lines(list(several), command, width)]
    excepted = sorted((row for row in violations if row["state"] == EXCEPTED), key=order)
    if excepted:
        lines += ["", "ACCEPTED for a time, by the server's exceptions"]
        for row in excepted:
            lines += _wrapped(f"{row['rule']}: {cell(row['message'])}", width, "  ", "    ")
    return "\n".join(lines)


def _wrapped(text: str, width: int, first: str = "", further: str = "") -> list[str]:
    """Lines of at most `width` columns; no word is broken."""
    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=further, break_long_words=False,
                         break_on_hyphens=False)


def verdict(server: str, result: Row) -> str:
    """One line: compliant or not, and how many violations of each severity stand."""
    standing = [row for row in result["violations"] if row["state"] in STANDING]
    counts = [(sum(row["severity"] == severity for row in standing), severity) for severity in SEVERITIES]
    told = ", ".join(f"{count} {severity}" for count, severity in counts if count)
    word = "compliant" if result["compliant"] else "NOT COMPLIANT"
    return f"{cell(server)}: {word}" + (f". {counted(len(standing), 'violation')}: {told}" if standing else "")


def run_text(server: str, result: Row, check_mode: bool) -> str:
    """What a run of `allocation` did, or would do: its statements in check mode, their number otherwise."""
    statements: Sequence[str] = result.get("statements", [])
    ended = sum(row["state"] == REMEDIED for row in result["violations"])
    what = f"{counted(len(statements), 'statement')}, {counted(ended, 'violation')}"
    if not result["changed"]:
        return f"{cell(server)}: nothing to change"
    if not check_mode:
        return f"{cell(server)}: {what} ended"
    head = f"{cell(server)}: {what} would be ended; nothing was executed"
    return "\n".join([head, *(f"  {cell(text)};" for text in statements)])


def databases_text(databases: Iterable[Row]) -> str:
    """The matrix as the server has it: one line per database."""
    rows = [[row["service"], row["database"], row["declared"], row["observed"], row["owner"], size(row["size_bytes"]),
             row["connections"], row["connection_limit"]] for row in databases]
    titles = ["service", "database", "declared", "observed", "owner", "size", "connections", "limit"]
    return "\n".join(table(titles, rows))


def order(row: Row) -> tuple[int, str, str, str]:
    """Worst first."""
    return (SEVERITIES.index(row["severity"]), row["rule"], row["remedy_kind"], row["message"])


def cause(row: Row) -> tuple[str, str, str]:
    """What violations that are told together have in common: severity, rule, kind of remedy."""
    return (row["severity"], row["rule"], row["remedy_kind"])


def _cause_lines(rows: list[Row], command: Command, width: int) -> list[str]:
    severity, rule, kind = cause(rows[0])
    lines = [f"{severity.upper()}  {rule}" + (f" ({len(rows)} places)" if len(rows) > 1 else "")]
    if rule in RULES:
        lines += _wrapped(f"{RULES[rule].what} {RULES[rule].why}", width, "  ", "  ")
    for row in rows[:PLACES_SHOWN]:
        state = "" if row["state"] == OPEN else f" [{row['state']}]"
        lines += _wrapped(f"{cell(row['message'])}{state}", width, "  - ", "    ")
    if len(rows) > PLACES_SHOWN:
        lines.append(f"  - and {len(rows) - PLACES_SHOWN} more of this kind")
    statements = list(dict.fromkeys(text for row in rows for text in row["remedy"] or []))
    lines += [f"      {cell(text)};" for text in statements[:STATEMENTS_SHOWN]]
    if len(statements) > STATEMENTS_SHOWN:
        lines.append(f"      and {counted(len(statements) - STATEMENTS_SHOWN, 'more statement')}")
    told, typed = advice(rows, kind, command)
    return [*lines, *_wrapped(told, width, "  ", "  "), *([f"    {typed}"] if typed else [])]


def advice(rows: list[Row], kind: str, command: Command) -> tuple[str, str]:
    """What to do, and what to type for it; nothing where no command does it."""
    states = {row["state"] for row in rows}
    if states == {UNCHECKED}:
        return "Not judged: the login may not look there. Run again with a superuser's login.", ""
    if kind not in KINDS:
        return "For a human to decide, as said above; no run changes it.", ""
    if states == {DEFERRED}:
        return "A lock was not to be had; the next run tries again:", command.ending(kind)
    return f"To end it ({COSTS[kind]}):", command.ending(kind)
