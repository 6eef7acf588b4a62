# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names that a draft needs: of services, of roles that are to be, of vaulted variables; and which names a matrix takes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from ..matrix.containers import Kind
from ..matrix.kinds import LONGEST_NAME, name
from ..matrix.names import RESERVED_ROLES
from ..matrix.place import Wrong

_ROLE_ENDINGS = re.compile(r"[_-](user|owner|app|role|login|service|svc|rw|admin|prod|api|db)$")
_DATABASE_ENDINGS = re.compile(r"[_-](db|database|prod|production|data|dev|staging)$")
_WORD = re.compile(r"[^\W_]+")


def fits(kind: Kind, value: object) -> bool:
    """Whether the matrix takes a value of this kind."""
    try:
        if callable(kind):
            kind(value)
    except Wrong:
        return False
    return True


def is_role_name(role: str) -> bool:
    """Whether the matrix takes it as the name of a service's role."""
    return fits(name, role) and not role.startswith("pg_") and role.lower() not in RESERVED_ROLES


@lru_cache(maxsize=4096)
def stem(role: str) -> str:
    """What is left of a role's name without its usual ending: nexus of nexus_user."""
    return _ROLE_ENDINGS.sub("", role.casefold())


def alike(role: str, database: str) -> bool:
    """Whether the names of a role and a database speak of one service: world_user and bbworlds_world."""
    one, other = stem(role), service_of(database.casefold())
    return one == other or any(_part_of(part, whole) for part, whole in ((one, other), (other, one)))


def _part_of(one: str, other: str) -> bool:
    """Whether all words of `one` stand in `other`; a short word alone says too little."""
    words = _words(one)
    return len("".join(words)) >= 3 and words <= _words(other)


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text))


@lru_cache(maxsize=4096)
def service_of(database: str) -> str:
    """The service that a database most likely is of."""
    return _DATABASE_ENDINGS.sub("", database) or database


def variable_of(role: str) -> str:
    """The vaulted variable of a role's password."""
    plain = unicodedata.normalize("NFKD", role).encode("ascii", "ignore").decode()
    return "vault_" + (re.sub(r"\W+", "_", plain, flags=re.ASCII).strip("_") or "role")


def unused(wanted: str, taken: Iterable[str]) -> str:
    """`wanted`, or the same with a number, so that no taken name is alike in any letter case; at most 63 bytes."""
    folded = {word.casefold() for word in taken}
    number = 1
    while True:
        ending = "" if number == 1 else f"_{number}"
        word = _cut(wanted, LONGEST_NAME - len(ending)) + ending
        if word.casefold() not in folded:
            return word
        number += 1


def _cut(word: str, size: int) -> str:
    """At most `size` bytes of it, no character halved."""
    return word.encode()[:size].decode("utf-8", "ignore")
