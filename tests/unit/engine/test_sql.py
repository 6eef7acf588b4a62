"""Quoting, and what a change looks like as SQL."""

from __future__ import annotations

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import sql
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.items import (
    PUBLIC,
    Database,
    Extension,
    Grant,
    Membership,
    Obj,
    Owner,
    Role,
    ServerSetting,
    Session,
    Setting,
    Table,
    Thing,
)
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.model import Change, Item
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=30)
ODD = "o\"d'd\\"
TABLE = Obj("loans", "TABLE", "public", ODD)


@given(NAMES)
def test_identifiers_come_back(name: str) -> None:
    quoted = sql.ident(name)
    assert quoted[0] == quoted[-1] == '"'
    assert quoted[1:-1].replace('""', "") == name.replace('"', "")
    assert quoted[1:-1].replace('""', '"') == name


@given(NAMES)
def test_literals_end_where_they_should(text: str) -> None:
    quoted = sql.literal(text)
    assert quoted.startswith("E'") == ("\\" in text)
    inner = quoted[2:-1] if quoted[0] == "E" else quoted[1:-1]
    assert "'" not in inner.replace("''", "")
    assert inner.replace("''", "'").replace("\\\\", "\\") == text


@given(st.lists(NAMES))
def test_lists_of_names_come_back(names: list[str]) -> None:
    written = ", ".join(sql.ident(name) for name in names)
    assert sql.list_elements(written) == names


ROLE = Role("r", login=True, limit=5, password="declared")
GRANT = Grant(TABLE, "", "r", "o", ("INSERT", "SELECT"))
CHANGES: dict[str, tuple[Item | None, Item | None, list[str]]] = {
    "a role": (None, ROLE, ["CREATE ROLE \"r\" LOGIN CONNECTION LIMIT 5 PASSWORD '********'"]),
    "an attribute": (ROLE, ROLE.having(login=False), ['ALTER ROLE "r" NOLOGIN']),
    "a database": (
        None,
        Database("d", "o", limit=7),
        [
            'CREATE DATABASE "d" OWNER "o" TEMPLATE template0 ENCODING \'UTF8\' ALLOW_CONNECTIONS false CONNECTION LIMIT 7',
            'REVOKE ALL ON DATABASE "d" FROM PUBLIC',
        ],
    ),
    "a grant": (None, GRANT, ['GRANT INSERT, SELECT ON TABLE "public"."o""d\'d\\" TO "r"']),
    "less of a grant": (
        GRANT,
        Grant(TABLE, "", "r", "o", ("SELECT",)),
        ['REVOKE INSERT ON TABLE "public"."o""d\'d\\" FROM "r"'],
    ),
    "a grant that was passed on": (
        Grant(TABLE, "", PUBLIC, "o", ("SELECT",), ("SELECT",)),
        None,
        ['REVOKE SELECT ON TABLE "public"."o""d\'d\\" FROM PUBLIC CASCADE'],
    ),
    "a column": (
        Grant(TABLE, "c", "r", "o", ("SELECT", "UPDATE")),
        None,
        ['REVOKE SELECT ("c"), UPDATE ("c") ON TABLE "public"."o""d\'d\\" FROM "r"'],
    ),
    "a membership": (Membership("a", "b", "g"), None, ['REVOKE "a" FROM "b" GRANTED BY "g" CASCADE']),
    "a setting": (
        None,
        Setting("d", "", "search_path", '"$user", public'),
        ["ALTER DATABASE \"d\" SET \"search_path\" TO '$user', 'public'"],
    ),
    "a setting of a role in a database": (
        Setting("d", "r", "a.b", "x"),
        None,
        ['ALTER ROLE "r" IN DATABASE "d" RESET "a"."b"'],
    ),
    "an owner": (Owner(TABLE, "a"), Owner(TABLE, "b"), ['ALTER TABLE "public"."o""d\'d\\" OWNER TO "b"']),
    "an owner of a function": (
        Owner(Obj("d", "FUNCTION", "s", "f", "integer, text"), "a"),
        Owner(Obj("d", "FUNCTION", "s", "f", "integer, text"), "b"),
        ['ALTER ROUTINE "s"."f"(integer, text) OWNER TO "b"'],
    ),
    "an owner of what only the server names": (
        Owner(Obj("d", "STATISTICS OBJECT", "", 'public."a b"'), "a"),
        Owner(Obj("d", "STATISTICS OBJECT", "", 'public."a b"'), "b"),
        ['ALTER STATISTICS public."a b" OWNER TO "b"'],
    ),
    "an extension": (Extension("d", "x"), None, ['DROP EXTENSION "x"']),
    "a user mapping": (Thing("d", "user mapping", "public on s"), None, ['DROP USER MAPPING FOR PUBLIC SERVER "s"']),
    "sessions": (
        Session("d", "r"),
        None,
        [
            "SELECT pg_catalog.pg_terminate_backend(pid, 2000) FROM pg_catalog.pg_stat_activity"
            " WHERE usename = 'r' AND datname = 'd' AND pid <> pg_catalog.pg_backend_pid()"
        ],
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_statements(name: str) -> None:
    before, after, wanted = CHANGES[name]
    assert sql.render(Change(before, after), 18) == wanted


def test_memberships_before_16() -> None:
    membership = Membership("a", "b", "g", admin=True)
    assert sql.render(Change(None, membership), 15) == ['GRANT "a" TO "b" WITH ADMIN OPTION GRANTED BY "g"']
    assert sql.render(Change(membership, None), 15) == ['REVOKE "a" FROM "b" CASCADE']
    gone = Membership("a", "b", "16399")
    assert sql.render(Change(None, gone), 15) == ['GRANT "a" TO "b"']
    assert sql.render(Change(None, membership), 16) == [
        'GRANT "a" TO "b" WITH ADMIN TRUE, INHERIT TRUE, SET TRUE GRANTED BY "g"'
    ]


def test_secrets_are_masked_unless_they_are_run() -> None:
    change = Change(ROLE, Role("r", login=True, limit=5, password="other"))
    assert sql.render(Change(change.after, change.before), 18) == ["ALTER ROLE \"r\" PASSWORD '********'"]
    assert sql.render(Change(change.after, change.before), 18, {"r": "SCRAM-SHA-256$x"}) == [
        "ALTER ROLE \"r\" PASSWORD 'SCRAM-SHA-256$x'"
    ]


@pytest.mark.parametrize(
    "item",
    [
        Table("d", "s", "t", "TABLE"),
        ServerSetting("a", "b"),
        Thing("d", "replication slot", "s"),
        Thing("d", "untrusted function", "f()"),
        Thing("d", "subscription", "s"),
    ],
)
def test_what_is_never_dropped(item: Item) -> None:
    with pytest.raises(TypeError):
        sql.render(Change(item, None), 18)
