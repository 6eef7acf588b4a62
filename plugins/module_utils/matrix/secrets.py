# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which passwords the matrix refuses, and how secrets are taken out of it. No message here holds a password."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from .place import listed, shown

PREFIX = "vault_"  # the secrets playbook makes variables with this name, and no other that is undefined
SHORTEST = 16  # characters
SHORTEST_NAME = 3  # a shorter name stands in many random passwords by chance

# SHA-256 of the passwords that version 1.1 of the policy prints: whoever has read it knows them.
LEAKED = frozenset({
    "78fcaa5efffa3c1b7f38a0c757d831198611fe535d27ad6dfd56b42604e72a2f",
    "40d2af1462f3e73a75801f45695a276c7937e061a5cdbc0b863f75f6fe272314",
    "10749242ed10e0cb98a707d1c4c1d8e8a0035dc4d634215c57480865e2eccde6",
    "4dc7b63e265a95a72f16e6ca1ab94629c3a1ca818598363fc4bafb0d0cfec709",
    "5074437cda76f166a5e36db5c067c2f79da2fa67b728d364f2cc70f19a28dd1b",
})  # fmt: skip


def faults(password: str, role: str, names: Iterable[str]) -> list[tuple[str, str]]:
    """What is wrong with the password of `role` and what to write instead, in words that do not show the password.
    `names`: those that must not be in it, besides the role's.
    """
    unresolved = _unresolved(password)
    if unresolved:
        return [unresolved]
    held = [shown(name) for name in dict.fromkeys((role, *names)) if _holds(password, name)]
    found = {
        "is empty": not password,
        "was printed in the policy, so that everybody knows it": _leaked(password),
        "is a stored verifier and not a password": bool(re.match(r"SCRAM-SHA-256\$|md5[0-9a-f]{32}$", password)),
        "holds a control character, such as a line break": any(
            unicodedata.category(character) in {"Cc", "Cs"} for character in password
        ),
        f"is shorter than {SHORTEST} characters": 0 < len(password) < SHORTEST,
        f"contains the {'name' if len(held) == 1 else 'names'} {listed(held or ['none'])}": bool(held),
    }
    write = f'write a new one, or "{{{{ vault_{shown(role)} }}}}" and let the secrets playbook make it'
    return [(wrong, write) for wrong, is_so in found.items() if is_so]


def _leaked(password: str) -> bool:
    return hashlib.sha256(password.strip().encode("utf-8", "replace")).hexdigest() in LEAKED


def _holds(password: str, name: str) -> bool:
    return len(name) >= SHORTEST_NAME and name.casefold() in password.casefold()


def variable_of(password: str) -> str | None:
    """The name of the variable that a password still waits for, if it is nothing but that."""
    found = re.fullmatch(r"\{\{\s*(\w+)\s*\}\}", password.strip(), re.ASCII)
    return found[1] if found else None


def _unresolved(password: str) -> tuple[str, str] | None:
    variable = variable_of(password)
    if variable:
        made = ", or let the secrets playbook make it" if variable.startswith(PREFIX) else ""
        return f"waits for the variable {variable}, which is not defined", f"define it{made}"
    if "{{" in password or "{%" in password:
        return "still holds a template that could not be resolved", "define the variables that it names"
    if "$ANSIBLE_VAULT" in password:
        return "is still encrypted by ansible-vault", "give ansible-playbook the vault's password"
    return None


def without_secrets(row: Mapping[Any, Any], *, only_null: bool = False) -> dict[Any, Any]:
    """A copy of a raw row without its passwords, or without those only that are null."""

    def strip(mapping: Mapping[Any, Any]) -> dict[Any, Any]:
        return {
            key: value for key, value in mapping.items() if key != "password" or (only_null and value is not None)
        }

    bare = strip(row)
    for key in ("logins", "readers"):
        entries = bare.get(key)
        if isinstance(entries, (list, tuple)):
            bare[key] = [strip(entry) if isinstance(entry, Mapping) else entry for entry in entries]
    return bare
