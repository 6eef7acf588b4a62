# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Public keys of age: whether they are some, before a backup is made that nobody could read."""

from __future__ import annotations

from collections.abc import Sequence

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_SECRET = "AGE-SECRET-KEY-"


def problems(recipients: Sequence[object]) -> list[str]:
    """What is wrong with each, in a sentence. A private key is never repeated."""
    found = []
    for number, key in enumerate(recipients, 1):
        if isinstance(key, str) and _SECRET in key.upper():
            found.append(f"backups_recipients: entry {number} is a private key. Whoever has read this inventory can read "
                         "the backups: make a new key with age-keygen away from here, and write its public half (age1...)")
        elif not isinstance(key, str) or not is_recipient(key):
            found.append(f"backups_recipients: entry {number} is no public key of age, or has a typing error in it; it "
                         "begins with age1 and has 62 characters: age-keygen -y FILE prints it")
    return found


def is_recipient(key: str) -> bool:
    """Whether `key` is an X25519 recipient: bech32 with a right checksum, https://age-encryption.org/v1 and BIP 173."""
    if len(key) != 62 or not key.startswith("age1") or any(char not in ALPHABET for char in key[4:]):
        return False
    prefix = "age"
    values = [ord(char) >> 5 for char in prefix] + [0] + [ord(char) & 31 for char in prefix]
    return _polymod(values + [ALPHABET.index(char) for char in key[4:]]) == 1


def _polymod(values: Sequence[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit in range(5):
            check ^= _GENERATOR[bit] if top >> bit & 1 else 0
    return check
