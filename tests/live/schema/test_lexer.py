"""Our eyes against the server's: texts made by chance, in which a COMMIT may or may not hide."""

from __future__ import annotations

import random

import psycopg2
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema.text import refusals
from live.schema.conftest import Place

TEXTS = 4000
FRAGMENTS = (
    "'", "''", "\\'", "\\\\", '"', '""', "$$", "$a$", "$", "$1$", "--", "\n", "\r", "/*", "*/", "*",
    "E'", "e'", "U&'", "B'", "N'", "xE'", "a", "1", " ", ";", "ü", "(", ")", "+", "-",
    "; COMMIT; SELECT '", "'; COMMIT; --", "$$; COMMIT; SELECT 1 AS x$$", "*/; COMMIT; /*",
    "\n'", "'\n'", "'--\n'", "' --x\n \n '",
)
FRAMES = (
    "SELECT '{}'", "SELECT E'{}'", "SELECT U&'{}'", "SELECT 1 AS \"x{}\"", "SELECT $${}$$", "SELECT $a${}$a$",
    "SELECT 1 --{}\n", "SELECT 1 /*{}*/", "SELECT 1 AS a{}", "SELECT E'a'{}'b'", "SELECT ('{}')", "DO $${}$$",
    "SELECT 1;{}SELECT 2",
)


def test_a_commit_is_seen_where_the_server_sees_it(place: Place) -> None:
    chance = random.Random(42)
    session = place.connect_as(place.owner, str(place.password))
    cursor = session.cursor()
    outcomes = {True: 0, False: 0}
    for _text in range(TEXTS):
        text = ";".join(
            chance.choice(FRAMES).format("".join(chance.choices(FRAGMENTS, k=chance.randint(0, 5)))) for _half in range(2))
        try:
            cursor.execute("SELECT pg_current_xact_id()::text")
            before = cursor.fetchall()
            cursor.execute(text)
            cursor.execute("SELECT pg_current_xact_id()::text")
        except psycopg2.Error:
            session.rollback()
            continue
        committed = cursor.fetchall() != before
        session.rollback()
        outcomes[committed] += 1
        assert any("COMMIT" in wrong for wrong in refusals("x", text)) == committed, text
        assert committed or refusals("x", text) == [], text
    session.close()
    assert min(outcomes.values()) > TEXTS / 50, outcomes
