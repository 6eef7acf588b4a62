# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The draft as the text of a YAML file with comments. The only place that writes YAML."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..rules.base import SEVERITIES
from ..text_table import cell, counted

WIDTH = 120
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*(/[A-Za-z0-9_.-]+)*")
# words that some YAML reader takes for something else than text
_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}
_VARIABLE = re.compile(r"\{\{ vault_\w+ \}\}", re.ASCII)

Raw = Mapping[str, Any]

HOW = (
    "A draft of the allocation matrix of {server}, as adopt found it. Nothing on the server was changed.",
    "Read every TODO, correct what is wrong, then go on as docs/first-contact.md says. Variables named vault_ are not "
    "defined yet: put the passwords that services use now there, encrypted; playbook secrets makes those that nobody knows.",
    "To judge the server with it: ansible-playbook -i INVENTORY bbworlds.good_neighbor.audit -e @{path}",
)
MERGE = ("Only what the matrix lacked is here; what it has was left as it is. Add these rows to good_neighbor_allocation: "
         "as a file of its own this one would hide the others.")


def draft_text(draft: Raw, violations: Sequence[Raw], path: str, *, merged: bool) -> str:
    """The whole file, which is to be `path`. `merged`: whether there was a matrix already."""
    how = [text.replace("{server}", draft["name"]).replace("{path}", path) for text in HOW]
    lines = ["---", *comment(*(how[:-1] if merged else how), *([MERGE] if merged else []))]
    lines += comment(*draft["notes"], mark="- ")
    if draft["homeless"]:
        lines += comment("TODO: no row took these roles, which may log in, and enforce with disruptive remedies will lock "
                         "them out: " + ", ".join(map(cell, draft["homeless"])))
    lines += ["", *_server(draft)] if draft["server"] else _system_roles_alone(draft)
    if draft["rows"]:
        lines += ["", "good_neighbor_allocation:"]
        for number, row in enumerate(draft["rows"]):
            lines += ([""] if number else []) + comment(*row["notes"], indent="  ")
            lines += _entry(row["keys"], "  ")
    if draft["baseline"]:
        lines += ["", *comment("Tables of these services are there: their schema files count as applied, and are not run.")]
        lines += [f"good_neighbor_baseline: {_flow(draft['baseline'])}"]
    return "\n".join([*lines, "", *_violations(violations)]) + "\n"


def comment(*texts: str, indent: str = "", mark: str = "") -> list[str]:
    """Comment lines, wrapped; no name in them can end the comment."""
    lines = []
    for text in texts:
        wrapped = textwrap.wrap(cell(text), WIDTH - len(indent), break_long_words=False, break_on_hyphens=False)
        for number, line in enumerate(wrapped):
            lines.append(f"{indent}# {mark if not number else ' ' * len(mark)}{line}")
    return lines


def scalar(value: object) -> str:
    """One value, so that every YAML reader, and Ansible's templates, take it for what it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    quoted = "".join(char if char.isprintable() or char in '"\\' else _escaped(char) for char in
                     json.dumps(value, ensure_ascii=False))
    template = any(mark in value for mark in ("{{", "{%", "{#")) and not _VARIABLE.fullmatch(value)
    return f"!unsafe {quoted}" if template else quoted


def _escaped(char: str) -> str:
    return f"\\U{ord(char):08x}" if ord(char) > 0xFFFF else f"\\u{ord(char):04x}"


def _flow(value: object) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {_flow(given)}" for key, given in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return scalar(value)


def _entry(keys: Raw, indent: str) -> list[str]:
    """A mapping as an entry of a list."""
    lines = [line for key, value in keys.items() for line in _pair(key, value, f"{indent}  ")]
    return [f"{indent}- {lines[0].lstrip()}", *lines[1:]]


def _pair(key: str, value: object, indent: str) -> Iterator[str]:
    line = f"{indent}{scalar(key)}: {_flow(value)}"
    if len(line) <= WIDTH and not (isinstance(value, list) and value and isinstance(value[0], Mapping)):
        yield line
    elif isinstance(value, list):
        yield f"{indent}{scalar(key)}:"
        yield from (f"{indent}  - {_flow(one)}" for one in value)
    elif isinstance(value, Mapping):
        yield f"{indent}{scalar(key)}:"
        yield from (f"{indent}  {scalar(inner)}: {_flow(one)}" for inner, one in value.items())
    else:
        yield line


def _server(draft: Raw) -> list[str]:
    server = draft["server"]
    lines = ["good_neighbor_servers:", f"  {scalar(draft['name'])}:", *comment(*server["notes"], indent="    ")]
    lines += [line for key, value in server["keys"].items() for line in _pair(key, value, "    ")]
    if draft["system_roles"]:
        lines.append("    system_roles:")
        for role in draft["system_roles"]:
            lines += [*comment(*role["notes"], indent="      "), f"      - {_flow(role['keys'])}"]
    return lines


def _system_roles_alone(draft: Raw) -> list[str]:
    """Where the server's entry is there already, it is not ours to write."""
    if not draft["system_roles"]:
        return []
    roles = [f"- {_flow(role['keys'])}" for role in draft["system_roles"]]
    return ["", *comment(f"TODO: add to system_roles of {draft['name']}, if that is what they are for:"),
            *(f"#   {role}" for role in roles)]


def _violations(violations: Sequence[Raw]) -> list[str]:
    """Every violation, worst first, with the statements that end it or what a human does."""
    if not violations:
        return comment("The server is as this draft says: no violation.")
    lines = comment(f"What audit says with this draft: {counted(len(violations), 'violation')}, worst first. safe, "
                    "disruptive and removal: site ends it in mode enforce where such remedies are allowed; manual: you do.")
    order = sorted(violations, key=lambda one: (SEVERITIES.index(one["severity"]), one["rule"], one["message"]))
    for one in order:
        lines += comment(f"{one['severity'].upper()} {one['rule']} ({one['remedy_kind']}): {one['message']}", mark="- ")
        lines += [f"#       {cell(statement)};" for statement in _some(one["remedy"] or [])]
    return lines


def _some(statements: Sequence[str], most: int = 5) -> Iterable[str]:
    left = len(statements) - most
    return [*statements[:most], *([f"-- and {counted(left, 'more statement')}"] if left > 0 else [])]
