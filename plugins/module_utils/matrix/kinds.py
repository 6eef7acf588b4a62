# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kinds of single values. Each takes what the user wrote and returns the typed value, or raises Wrong; none of them
raises anything else, whatever it is given.
"""

from __future__ import annotations

import datetime
import ipaddress
import re
import unicodedata
from collections.abc import Callable

from ..hba_file.text import mask, words
from .place import Wrong, hint, kind_of, listed, plain, quoted

LONGEST_NAME = 63  # bytes: NAMEDATALEN - 1
CONTROL = {"Cc", "Cs", "Zl", "Zp"}  # control characters, halves of characters, line and paragraph separators
DOORS = {"local": 4, **dict.fromkeys(("host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"), 5)}  # fields at least
MOST_CONNECTIONS = 262143  # what PostgreSQL's own max_connections takes


def text(value: object) -> str:
    """Text with something in it and no control characters."""
    if not isinstance(value, str):
        if isinstance(value, bool):
            raise Wrong(f"is {quoted(value)}, as YAML reads some words, not text", "write the word in quotes")
        if isinstance(value, (int, float)):
            raise Wrong(f"is the number {quoted(value)}, not text", "write it in quotes")
        raise Wrong(f"is {kind_of(value)}, not text", "write text")
    word = plain(value)
    if not word.strip():
        raise Wrong("is empty", "write something")
    if any(unicodedata.category(character) in CONTROL for character in word):
        raise Wrong(f"{quoted(word)} holds a line break or another control character", "write it without")
    if "{{" in word:
        raise Wrong(f"{quoted(word)} still holds a template", "define the variable that it names")
    return word


def name(value: object) -> str:
    """A name that PostgreSQL keeps whole."""
    word = text(value)
    size = len(word.encode())
    if size > LONGEST_NAME:
        raise Wrong(
            f"{quoted(word)} has {size} bytes, and PostgreSQL cuts a name after {LONGEST_NAME} without a word",
            f"write a name of at most {LONGEST_NAME} bytes",
        )
    return word


def secret(value: object) -> str:
    """A password as it stands, never shown; its faults are told by `secrets`."""
    if value is None:
        raise Wrong("is empty", "write a password, or take the key away")
    if not isinstance(value, str):
        raise Wrong(f"is {kind_of(value)}, not text", "write the password in quotes")
    return plain(value)


def text_or_number(value: object) -> str:
    """Text that YAML may have read as a number: an account's id, a cluster's identifier."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**64:
        return str(int(value))
    return text(value)


def empty_or(kind: Callable[[object], str]) -> Callable[[object], str]:
    """The given kind, or the empty text that stands for none."""
    return lambda value: "" if isinstance(value, str) and not value else kind(value)


def flag(value: object) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise Wrong(f"is {quoted(value)}, not true or false", "write true or false, without quotes")
    return value


def integer(least: int, most: int) -> Callable[[object], int]:
    """A whole number from `least` to `most`."""
    fitting = f"write a whole number from {least} to {most}"

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            digits = re.fullmatch(r"[0-9]{1,6}", value) if isinstance(value, str) else None
            write = f"write {digits[0]}, without quotes" if digits else fitting
            raise Wrong(f"is {quoted(value)}, not a whole number", write)
        if not least <= value <= most:
            raise Wrong(f"is {quoted(value)}", fitting)
        return int(value)

    return read


def choice(*known: str) -> Callable[[object], str]:
    """One of a few words."""

    def read(value: object) -> str:
        if isinstance(value, str) and value in known:
            return plain(value)
        raise Wrong(f"is {quoted(value)}", f"write {listed(known, 'or')}{hint(value, known)}")

    return read


def capitals(*known: str) -> Callable[[object], str]:
    """One of PostgreSQL's own words, in any letter case."""
    one = choice(*known)
    return lambda value: one(plain(value).upper() if isinstance(value, str) else value)


def matching(pattern: str, looks: str, example: str) -> Callable[[object], str]:
    """Text of a certain form; `looks` tells which, and `example` is one."""

    def read(value: object) -> str:
        word = text(value)
        if not re.fullmatch(pattern, word, re.ASCII):
            raise Wrong(f"{quoted(word)} is not {looks}", f"write one such as {example}")
        return word

    return read


def day(value: object) -> str:
    """A day, as ISO 8601 writes it. YAML makes a date of one without quotes."""
    if isinstance(value, datetime.date):
        return value.isoformat()[:10]
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
            return datetime.date.fromisoformat(plain(value)).isoformat()
    except ValueError:
        pass
    raise Wrong(f"{quoted(value)} is no day", 'write the last day on which it holds, such as "2027-03-31"')


def address(value: object) -> str:
    """`local`, or a network as pg_hba.conf takes it; a single address gets its prefix."""
    word = text(value)
    if word == "local":
        return word
    try:
        network = ipaddress.ip_interface(word).network
    except ValueError:
        write = "write local, an address, or a network such as 10.0.0.0/24"
        raise Wrong(f"{quoted(word)} is no address", write) from None
    try:
        return str(ipaddress.ip_network(word))
    except ValueError:
        write = f"write {network}, or the address without its prefix"
        raise Wrong(f"{quoted(word)} has bits to the right of its prefix", write) from None


def hba_line(value: object) -> str:
    """A line of pg_hba.conf that says itself whom it lets in: no comment, and nothing that stands in another file."""
    word = _one_line(value)
    fields = words(word)
    if len(fields) < DOORS.get(fields[0][0].text if fields else "", len(fields) + 1):
        raise Wrong(f"{quoted(mask(word))} is no line of pg_hba.conf that lets somebody in or turns somebody away",
                    "write one such as local all postgres peer")
    return word


def ident_line(value: object) -> str:
    """A line of pg_ident.conf: a map's name, an account, a role."""
    word = _one_line(value)
    if len(words(word)) != 3 or word.lstrip().startswith("include"):
        raise Wrong(f"{quoted(word)} is no line of pg_ident.conf", "write a map, an account and a role")
    return word


def _one_line(value: object) -> str:
    shown = quoted(mask(plain(value)) if isinstance(value, str) else value)
    try:
        word = text(value)
    except Wrong as wrong:
        raise Wrong(wrong.wrong.replace(quoted(value), shown), wrong.write) from None
    if word.endswith("\\"):
        raise Wrong(f"{shown} goes on in the line after it", "write it without the backslash at its end")
    if any(part.text.startswith("@") and not part.quoted for field in words(word) for part in field):
        raise Wrong(f"{shown} takes names from another file", "write the names, or in quotes one that begins with @")
    return word


def file_mode(value: object) -> str:
    """A file's mode, as text, that gives nothing to other accounts: the file holds a password."""
    if isinstance(value, int) and not isinstance(value, bool):
        digits = quoted(value)  # 416 is what YAML makes of 0640, 640 is meant as it stands
        octal = digits if re.fullmatch(r"[67][0-7]0", digits) else f"{value:03o}" if 0 <= value <= 0o777 else "640"
        raise Wrong(f"is the number {digits}, as YAML reads a mode without quotes", f'write "0{octal}", in quotes')
    if not isinstance(value, str) or not re.fullmatch(r"0?[0-7]{3}", value, re.ASCII):
        raise Wrong(f"is {quoted(value)}, not a mode", 'write three octal digits in quotes, such as "0640"')
    if not value.endswith("0"):
        raise Wrong(f"{quoted(value)} gives every account of the host a way to the password", 'write "0640" or "0600"')
    return plain(value).rjust(4, "0")


def setting_value(value: object) -> str:
    """A setting's value as PostgreSQL takes it; YAML's booleans and numbers are welcome."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, (int, float)):
        return quoted(value)
    if not isinstance(value, str):
        raise Wrong(f"is {kind_of(value)}, not one value", 'write the value as text, such as "5s"')
    return text(value) if value else ""
