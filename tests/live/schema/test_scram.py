"""What PostgreSQL itself makes of passwords, against what we make of them."""

from __future__ import annotations

import random
import stringprep
import sys
from collections.abc import Iterator

import psycopg2
import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import scram
from live.schema.conftest import Place

ODD = {
    "plain": "correct horse battery staple",
    "quotes": "it's \"quoted\" \\ $1 %s {{ x }}",
    "umlauts": "Grüße aus Köln",
    "composed": "Gru\u0308ße",
    "soft hyphen": "I\u00adX and more",
    "other spaces": "a\u00a0b\u2003c\u3000d",
    "zero width space": "a\u200bb",
    "emoji": "🐘🐘🐘 elephants",
    "right to left": "\u05e9\u05dc\u05d5\u05dd",
    "wrong direction": "\u05e9\u05dc\u05d5\u05dd abc",
    "compatibility": "ﬁne №Ⅸ",
    "unassigned": "\u0221\u2168",
    "only a soft hyphen": "\u00ad",
    "control": "a\u0007b",
    "long": "0123456789 " * 30,
    "long and wide": "ю" * 150,
}


@pytest.mark.parametrize("name", ODD)
def test_a_verifier_of_ours_lets_in_and_one_of_the_servers_matches(place: Place, name: str) -> None:
    password = ODD[name]
    place.query(f"ALTER ROLE {place.owner} PASSWORD %s", scram.verifier(password))
    place.connect_as(place.owner, password).close()
    with pytest.raises(psycopg2.OperationalError):
        place.connect_as(place.owner, password + "x")
    place.query("SET password_encryption = 'scram-sha-256'")
    assert scram.matches(password, _stored(place, password), place.owner)
    place.query("SET password_encryption = 'md5'")
    assert scram.matches(password, _stored(place, password), place.owner)
    assert not scram.matches(password + "x", _stored(place, password), place.owner)


def test_preparation_is_the_servers(place: Place) -> None:
    """Each character where a table of RFC 3454 begins or ends, and random pairs, between two letters."""
    if place.admin.server_version >= 160000:
        place.query("SET scram_iterations = 1")  # as right, and quicker
    wrong = [sample for sample in _samples() if not scram.matches(sample, _stored(place, sample))]
    assert not wrong, [ascii(sample) for sample in wrong]


def _samples() -> Iterator[str]:
    chance = random.Random(4013)
    edges = list(_edges())
    for edge in chance.sample(edges, 250):
        yield f"a{chr(edge)}"
    for _password in range(250):
        yield "".join(chr(chance.choice(edges)) for _letter in range(chance.randint(1, 3)))


def _edges() -> Iterator[int]:
    """Code points at which the answer of some table changes."""
    tables = (
        stringprep.in_table_a1, stringprep.in_table_b1, stringprep.in_table_c12, stringprep.in_table_c22,
        stringprep.in_table_c3, stringprep.in_table_c4, stringprep.in_table_c6, stringprep.in_table_c7,
        stringprep.in_table_c8, stringprep.in_table_c9, stringprep.in_table_d1, stringprep.in_table_d2,
    )
    before = None
    for code in range(0x80, sys.maxunicode + 1):
        if 0xD800 <= code <= 0xDFFF:
            continue
        answers = tuple(table(chr(code)) for table in tables)
        if answers != before and before is not None:
            yield from {code - 1 if not 0xD800 <= code - 1 <= 0xDFFF else 0xD7FF, code}
        before = answers


def _stored(place: Place, password: str) -> str:
    place.query(f"ALTER ROLE {place.owner} PASSWORD %s", password)
    return str(place.query("SELECT rolpassword FROM pg_authid WHERE rolname = %s", place.owner)[0][0])
