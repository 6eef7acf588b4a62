# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The text of pg_hba.conf and pg_ident.conf: its lines as the server counts them, their words, their secrets hidden.

https://www.postgresql.org/docs/current/auth-pg-hba-conf.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..record import record

# values of these options are secrets: https://www.postgresql.org/docs/current/auth-ldap.html, auth-radius.html
_SECRET = re.compile("ldapbindpasswd|radiussecrets", re.IGNORECASE)
HIDDEN = "********"
_TOKEN = re.compile(r'((?:"(?:[^"]|"")*"|[^ \t\r\n,"#])+)|(,)|(#.*)')
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
_HALVES = re.compile("[\ud800-\udfff]")  # how bytes that are no UTF-8 are kept, and what cannot be printed
_SHORT = 4  # a shorter secret is no secret, and to hide it everywhere would garble what is told


@record(frozen=True)
class Line:
    """A line as the server counts: `number` is that of its first row, backslashes at the end joined. `origin` is the
    comment above it, without its mark."""

    number: int
    text: str
    origin: str

    @property
    def shown(self) -> str:
        """The line for a person: no secret, blanks as one."""
        return " ".join(mask(self.text).split())


@record(frozen=True)
class Word:
    """A word; one in quotes means itself, whatever keyword it looks like."""

    text: str
    quoted: bool


def lines(text: str) -> list[Line]:
    """The lines that say something."""
    found, origin = [], ""
    for number, line in _logical(text):
        bare = line.strip()
        if bare.startswith("#"):
            origin = mask(bare.strip("# ").rstrip("."))
        elif bare:
            found.append(Line(number, line, origin))
    return found


def words(line: str) -> list[list[Word]]:
    """The fields of a line, each a list of words that commas part. A comment ends the line."""
    fields: list[list[Word]] = []
    glued = False
    for token, comma, _comment in _TOKEN.findall(line):
        if comma:
            glued = True
            continue
        if not token:
            continue
        word = Word(_QUOTED.sub(lambda quoted: quoted[1].replace('""', '"'), token), token.startswith('"'))
        if glued and fields:
            fields[-1].append(word)
        else:
            fields.append([word])
        glued = False
    return fields


def mask(line: str) -> str:
    """The line up to its first secret. What comes after it is hidden too: where a secret ends is easily misjudged. Bytes
    that are no UTF-8 become question marks."""
    line = _HALVES.sub("\N{REPLACEMENT CHARACTER}", line)
    end = _secret_at(line)
    return line if end is None else f"{line[:end]}={HIDDEN}"


def masked(text: str) -> str:
    """The whole text with its secrets hidden."""
    return "".join(f"{mask(line)}\n" for _number, line in _logical(text))


def secrets(text: str) -> set[str]:
    """Every secret of the text, as it is written and as it is meant."""
    found = set()
    for _number, line in _logical(text):
        end = _secret_at(line)
        if end is not None:
            rest = line[end:].strip()
            meant = [word.text.lstrip("=") for field in words(rest) for word in field]
            found |= {rest, rest.lstrip("= "), *meant, *(part for word in meant for part in re.split('[",]+', word))}
    return {secret for secret in found if len(secret) >= _SHORT}


def without(said: str, text: str) -> str:
    """What a server said, without the secrets of `text`."""
    for secret in sorted(secrets(text), key=len, reverse=True):
        said = said.replace(secret, HIDDEN)
    return said


def _secret_at(line: str) -> int | None:
    """Where the name of the first secret option ends; quotes within it do not matter to the server, nor here."""
    bare = [(at, character) for at, character in enumerate(line) if character != '"']
    found = _SECRET.search("".join(character for _at, character in bare))
    return None if found is None else bare[found.end() - 1][0] + 1


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """Lines and the number of the first row of each. A backslash at the end, in a comment too, takes the next row along."""
    begun, start = "", 1
    for number, row in enumerate(text.split("\n"), 1):
        row = row.rstrip("\r")
        begun, start = begun + row, start if begun else number
        if row.endswith("\\"):
            begun = begun[:-1]
            continue
        if begun or number <= text.count("\n"):
            yield start, begun
        begun = ""
    if begun:
        yield start, begun
