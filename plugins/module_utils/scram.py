# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SCRAM-SHA-256 verifiers as PostgreSQL stores them: made at the client, so that no password reaches the server.

https://www.postgresql.org/docs/current/protocol-authentication.html and RFC 5803 have the format:
``SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import stringprep
import unicodedata
from functools import lru_cache

_ITERATIONS = 4096
# The password of a role may be set by the role itself, to any verifier: one that names billions of rounds would keep
# every later check busy for hours.
_MOST_ITERATIONS = 1_000_000
_SCRAM = re.compile(r"SCRAM-SHA-256\$([1-9][0-9]{0,9}):([A-Za-z0-9+/]+={0,2})\$([A-Za-z0-9+/]{43}=):([A-Za-z0-9+/]{43}=)")
_MD5 = re.compile(r"md5[0-9a-f]{32}")

_PROHIBITED = (
    stringprep.in_table_c12,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
    stringprep.in_table_a1,  # not assigned in Unicode 3.2
)


def verifier(password: str, *, salt: bytes | None = None, iterations: int = _ITERATIONS) -> str:
    """The verifier of `password`, with a random salt of 16 bytes where none is given."""
    salt = os.urandom(16) if salt is None else salt
    stored_key, server_key = _keys(password, salt, iterations)
    return f"SCRAM-SHA-256${iterations}:{_base64(salt)}${_base64(stored_key)}:{_base64(server_key)}"


def matches(password: str, stored: str | None, role: str = "") -> bool:
    """Whether `stored` (a pg_authid.rolpassword) lets `role` in with `password`. Only md5 depends on `role`."""
    if stored is None:
        return False
    found = _SCRAM.fullmatch(stored)
    if found is None:
        return kind(stored) == "md5" and hmac.compare_digest(stored, _md5(password, role))
    iterations = int(found[1])
    if iterations > _MOST_ITERATIONS:
        return False
    try:
        salt = base64.b64decode(found[2], validate=True)
    except ValueError:
        return False
    return hmac.compare_digest(stored, verifier(password, salt=salt, iterations=iterations))


def is_weak(stored: str) -> bool:
    """Whether `stored` was hashed in fewer rounds than PostgreSQL's default (RFC 7677): a stolen one is searched quickly."""
    found = _SCRAM.fullmatch(stored)
    return found is not None and int(found[1]) < _ITERATIONS


def kind(stored: str | None) -> str:
    """What `stored` is: none, scram-sha-256, md5, or other."""
    if stored is None:
        return "none"
    if _SCRAM.fullmatch(stored):
        return "scram-sha-256"
    return "md5" if _MD5.fullmatch(stored) else "other"


def prepared(password: str) -> bytes:
    """The bytes that PostgreSQL hashes for `password`: SASLprep (RFC 4013) where that succeeds, else as they came."""
    raw = password.encode("utf-8")
    if raw.isascii():
        return raw
    mapped = "".join(
        " " if stringprep.in_table_c12(char) else char
        for char in password
        if stringprep.in_table_c12(char) or not stringprep.in_table_b1(char)
    )
    # PostgreSQL judges the characters before normalization, where the RFC says after it: do as the server does.
    if not mapped or any(table(char) for char in mapped for table in _PROHIBITED) or not _bidi_is_right(mapped):
        return raw
    return unicodedata.normalize("NFKC", mapped).encode("utf-8")


def _bidi_is_right(text: str) -> bool:
    """RFC 3454, section 6: text with right-to-left letters starts and ends with one and has no left-to-right ones."""
    if not any(map(stringprep.in_table_d1, text)):
        return True
    if any(map(stringprep.in_table_d2, text)):
        return False
    return stringprep.in_table_d1(text[0]) and stringprep.in_table_d1(text[-1])


@lru_cache(4096)  # what a run has made it looks at again
def _keys(password: str, salt: bytes, iterations: int) -> tuple[bytes, bytes]:
    """StoredKey and ServerKey of RFC 5802."""
    salted = hashlib.pbkdf2_hmac("sha256", prepared(password), salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    return hashlib.sha256(client_key).digest(), hmac.digest(salted, b"Server Key", "sha256")


def _md5(password: str, role: str) -> str:
    return "md5" + hashlib.md5((password + role).encode("utf-8"), usedforsecurity=False).hexdigest()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
