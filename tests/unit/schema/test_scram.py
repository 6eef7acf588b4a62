"""SCRAM verifiers, by the example of RFC 7677 and the rules of RFC 4013 as PostgreSQL keeps them."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import scram

# RFC 7677, section 3
SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
NONCE = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
AUTH = f"n=user,r=rOprNGfwEbeRWgbNEkqO,r={NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r={NONCE}"
PROOF = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
SIGNATURE = "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
VERIFIER = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=" \
    ":wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="


def test_the_example_of_rfc_7677() -> None:
    stored_key, server_key = map(base64.b64decode, VERIFIER.split("$")[2].split(":"))
    signature = hmac.digest(stored_key, AUTH.encode(), "sha256")
    client_key = bytes(a ^ b for a, b in zip(base64.b64decode(PROOF), signature, strict=True))
    assert hashlib.sha256(client_key).digest() == stored_key
    assert base64.b64encode(hmac.digest(server_key, AUTH.encode(), "sha256")).decode() == SIGNATURE
    assert scram.verifier("pencil", salt=SALT) == VERIFIER


def test_every_verifier_has_a_salt_of_its_own() -> None:
    assert scram.verifier("pencil") != scram.verifier("pencil")
    assert scram.verifier("pencil", iterations=5000).startswith("SCRAM-SHA-256$5000:")


@pytest.mark.parametrize(("password", "prepared"), [
    ("I\u00adX", "IX"),  # the examples of RFC 4013, section 3
    ("user", "user"),
    ("USER", "USER"),
    ("\u00aa", "a"),
    ("\u2168", "IX"),
    ("\u0007", "\u0007"),  # prohibited there, but PostgreSQL passes ASCII as it is
    ("\u06271", "\u06271"),  # wrong direction: as it is
    ("\u0627 1\u0627", "\u0627 1\u0627"),
    ("\u0627a\u0627\u00aa", "\u0627a\u0627\u00aa"),
    ("a\u00a0b\u3000c", "a b c"),
    ("a\u200bb", "a b"),  # both a space and mapped to nothing: a space for PostgreSQL
    ("\u00ad", "\u00ad"),  # nothing left: as it is
    ("\u0221\u2168", "\u0221\u2168"),  # not assigned in Unicode 3.2: as it is
    ("\u0340a\u2168", "\u0340a\u2168"),  # prohibited before normalization: as it is
    ("", ""),
])
def test_preparation(password: str, prepared: str) -> None:
    assert scram.prepared(password) == prepared.encode()


def test_matches() -> None:
    assert scram.matches("pencil", VERIFIER)
    assert scram.matches("I\u00adX", scram.verifier("IX"))
    assert not scram.matches("pencils", VERIFIER)
    assert not scram.matches("pencil", None)
    assert not scram.matches("pencil", "pencil")
    assert not scram.matches("pencil", VERIFIER + "x")
    assert not scram.matches("pencil", VERIFIER.replace("W22Z", "W=2Z"))
    assert not scram.matches("pencil", VERIFIER.replace("==$", "=$"))


def test_a_verifier_of_billions_of_rounds_costs_nothing() -> None:
    assert not scram.matches("pencil", VERIFIER.replace("4096", "2147483647"))


def test_md5_depends_on_the_role() -> None:
    stored = "md5" + hashlib.md5(b"pencilanna").hexdigest()
    assert scram.matches("pencil", stored, "anna")
    assert not scram.matches("pencil", stored, "otto")
    assert not scram.matches("pencil", stored)


@pytest.mark.parametrize(("stored", "kind"), [
    (None, "none"), (VERIFIER, "scram-sha-256"), ("md5" + "0" * 32, "md5"), ("md5" + "g" * 32, "other"), ("", "other"),
    ("SCRAM-SHA-256$4096:abc", "other"), ("SCRAM-SHA-256$0:W22Z$" + VERIFIER.split("$")[2], "other"),
])
def test_kind(stored: str | None, kind: str) -> None:
    assert scram.kind(stored) == kind
