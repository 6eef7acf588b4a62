"""ACLs as PostgreSQL prints them, read back."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import acl
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.items import PUBLIC, Grant, Obj
from hypothesis import given
from hypothesis import strategies as st

TABLE = Obj("loans", "TABLE", "public", "loan")
NAMES = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=20)
ENTRIES = st.tuples(NAMES, NAMES, st.dictionaries(st.sampled_from(sorted(acl.LETTERS)), st.booleans(), min_size=1))


def printed(entries: Iterable[tuple[str, str, dict[str, bool]]]) -> str:
    """An aclitem[] as aclitemout and array_out print it: names in quotes unless they are plain, elements too."""

    def name(word: str) -> str:
        plain = all(letter.isascii() and (letter.isalnum() or letter == "_") for letter in word)
        return word if plain else '"' + word.replace('"', '""') + '"'

    def element(text: str) -> str:
        if any(letter in '{},"\\' or letter.isspace() for letter in text):
            return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return text

    items = []
    for grantee, grantor, letters in entries:
        marked = "".join(letter + "*" * option for letter, option in sorted(letters.items()))
        items.append(element(f"{'' if grantee == PUBLIC else name(grantee)}={marked}/{name(grantor)}"))
    return "{" + ",".join(items) + "}"


@given(st.lists(ENTRIES))
def test_what_was_printed_is_read(entries: list[tuple[str, str, dict[str, bool]]]) -> None:
    assert list(acl.parse(printed(entries))) == [
        (grantee, grantor, acl.words("".join(letters)), acl.words("".join(x for x, option in letters.items() if option)))
        for grantee, grantor, letters in entries
    ]


@pytest.mark.parametrize("text", ["", "{", "alice=r/alice", "}{"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an ACL"):
        acl.parse(text)


def test_what_null_means() -> None:
    function, schema = Obj("loans", "FUNCTION", "public", "f", "int"), Obj("loans", "SCHEMA", "", "s")
    assert acl.grants(function, None, "alice", 15) == [
        Grant(function, "", "alice", "alice", ("EXECUTE",)),
        Grant(function, "", PUBLIC, "alice", ("EXECUTE",)),
    ]
    assert acl.grants(schema, None, "alice", 15) == [Grant(schema, "", "alice", "alice", ("CREATE", "USAGE"))]
    assert acl.grants(TABLE, None, "alice", 15, "title") == []
    assert "MAINTAIN" not in acl.grants(TABLE, None, "alice", 16)[0].privileges
    assert "MAINTAIN" in acl.grants(TABLE, None, "alice", 17)[0].privileges
    assert acl.grants(TABLE, "{}", "alice", 17) == []


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("abc"), st.sets(st.sampled_from(["SELECT", "INSERT"]), min_size=1))
    )
)
def test_a_new_owner_takes_the_old_ones_place(entries: list[tuple[str, str, set[str]]]) -> None:
    grants = {
        grant.key: grant
        for grantee, grantor, words in entries
        for grant in (Grant(TABLE, "", grantee, grantor, tuple(sorted(words))),)
    }.values()
    moved = acl.new_owner(grants, "a", "b")
    assert moved == sorted(moved)
    assert len({grant.key for grant in moved}) == len(moved)
    assert all("a" not in (grant.grantee, grant.grantor) for grant in moved)
    held = {("b" if grant.grantee == "a" else grant.grantee, word) for grant in grants for word in grant.privileges}
    assert {(grant.grantee, word) for grant in moved for word in grant.privileges} == held
