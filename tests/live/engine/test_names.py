"""Any name that PostgreSQL takes, anywhere: made from nothing, broken, healed, worked with."""

from __future__ import annotations

from contextlib import closing

import psycopg2
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import hba, sql
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.acl import parse
from hypothesis import given, note
from hypothesis import strategies as st
from live.engine.cases import assert_no_secrets, rules, told
from live.engine.gold import Gold
from live.engine.neighborhood import OPEN_DOORS, SHELF, Neighborhood
from live.engine.plants import examples

ODD = [
    '"',
    "'",
    "\\",
    " ",
    ".",
    "%",
    ",",
    ";",
    "=",
    "/",
    "{",
    "}",
    "(",
    ")",
    "$",
    "#",
    "@",
    "+",
    "-",
    "é",
    "ß",
    "İ",
    "名",
    "🙂",
    "%s",
    "--",
    "/*",
    "$$",
    "E'",
    "\\x41",
    "NULL",
    "public",
    "postgres",
    "all",
    "select",
]
WORDS = st.lists(st.one_of(st.sampled_from(ODD), st.sampled_from("abcXYZ019_")), min_size=1, max_size=24).map("".join)


def cut(word: str, number: int) -> str:
    """At most 63 bytes, no two alike, nothing that the matrix refuses: no blank at the ends, no pg_ in front."""
    whole = f"n{number}{word}z"
    while len(whole.encode()) > 63:
        whole = whole[:-2] + "z"
    return whole


@st.composite
def names(draw: st.DrawFn) -> list[str]:
    """Seven names; the last ones have 63 bytes."""
    words = [cut(draw(WORDS), number) for number in range(7)]
    return [*words[:5], *(word + "x" * (63 - len(word.encode())) for word in words[5:])]


def test_provision_break_and_heal(library: Neighborhood, gold: Gold) -> None:
    @examples(5)
    @given(names())
    def holds(seven: list[str]) -> None:
        database, reader, table, column, schema, owner, function = seven
        library.cluster.reset(gold.folder, gold.manifest)
        library.cluster.access(OPEN_DOORS)
        library.patch(
            {
                "rows": {
                    "any": {
                        "server": SHELF,
                        "database": database,
                        "owner": owner,
                        "password": "fake ' \" \\ %s 10 of tests",
                        "purpose": "any name",
                        "status": "active",
                        "connection_limit": 2,
                        "backup": "important",
                        "tables": [table],
                        "settings": {"work_mem": "5MB"},
                        "readers": [{"role": reader, "password": "fake $1 {x} 11 of the tests", "connection_limit": 2}],
                    }
                }
            }
        )
        library.cluster.access(hba.lines(library.matrix, SHELF))
        made = library.enforce()
        note("\n".join(made["statements"]))
        assert rules(made) == {"schema-table-missing"}, told(made)
        quoted = [sql.ident(name) for name in seven]
        with closing(library.login(owner, database)) as session:
            session.cursor().execute(
                f"CREATE TABLE {quoted[2]} ({quoted[3]} serial, n int DEFAULT 1); CREATE SCHEMA {quoted[4]};"
                f" CREATE VIEW {quoted[4]}.{quoted[2]} AS SELECT 1 AS n;"
                f" CREATE FUNCTION {quoted[6]}(text) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'"
            )
            session.commit()
        healed = library.enforce()
        assert rules(healed) == set(), told(healed)
        assert library.enforce()["statements"] == []
        for statement in (
            f"ALTER TABLE {quoted[2]} OWNER TO postgres; GRANT UPDATE ({quoted[3]}) ON {quoted[2]} TO {quoted[1]}",
            f"ALTER SCHEMA {quoted[4]} OWNER TO catalogue_web; GRANT ALL ON {quoted[4]}.{quoted[2]} TO PUBLIC",
            f"ALTER FUNCTION {quoted[6]}(text) OWNER TO postgres; GRANT CONNECT ON DATABASE {quoted[0]} TO watcher",
            f"ALTER FUNCTION {quoted[6]}(text) OWNER TO {quoted[5]}; ALTER ROLE {quoted[1]} SET work_mem = '6MB'",
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {quoted[5]} IN SCHEMA {quoted[4]} GRANT INSERT ON TABLES TO watcher",
            f"GRANT {quoted[5]} TO {quoted[1]}; ALTER DATABASE {quoted[0]} CONNECTION LIMIT 1",
        ):
            library.sql(statement, database)
        foretold, ended = library.foretell(), library.enforce()
        note("\n".join(ended["statements"]))
        assert foretold["statements"] == ended["statements"]
        assert rules(ended) == set(), told(ended)
        assert_no_secrets(library, made, ended)
        assert library.enforce()["statements"] == []
        library.work()

    holds()


def test_quoting_on_the_server(library: Neighborhood) -> None:
    """What is quoted comes back from the server, whatever it thinks of backslashes; its own ACLs are read back too."""
    any_text = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=15)
    with closing(library.cluster.admin("loans")) as session, session.cursor() as cursor:

        @examples(80)
        @given(any_text, any_text, st.sampled_from(["on", "off"]))
        def holds(name: str, value: str, conforming: str) -> None:
            cursor.execute(f"SET standard_conforming_strings = {conforming}; SET escape_string_warning = off")
            cursor.execute(f"SELECT {sql.literal(value)} AS {sql.ident(name)}")
            assert cursor.fetchone() == (value,)
            assert cursor.description[0].name == name
            cursor.execute("BEGIN")
            try:
                cursor.execute(
                    f"CREATE ROLE {sql.ident('r' + name)}; GRANT SELECT ON loan TO {sql.ident('r' + name)} WITH GRANT OPTION"
                )
                cursor.execute("SELECT relacl::text FROM pg_class WHERE relname = 'loan'")
                assert ("r" + name, "loans_owner", ("SELECT",), ("SELECT",)) in parse(cursor.fetchone()[0])
            except psycopg2.errors.DuplicateObject:
                pass
            cursor.execute("ROLLBACK")

        holds()
