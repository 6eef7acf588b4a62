"""Lines of pg_hba.conf, written by hba.py and read back by the engine."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import hba
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.expand.doors import Known, missing, parse, regular
from hypothesis import assume, given
from hypothesis import strategies as st

NAMES = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=63)


@given(database=NAMES, role=NAMES, address=st.sampled_from(["local", "127.0.0.1/32", "::1/128", "10.0.0.0/8"]))
def test_names_come_back(database: str, role: str, address: str) -> None:
    assume(not database.startswith("/") and not role.startswith("/"))  # those become regular expressions
    door = parse(hba.line(hba.word(database), hba.word(role), address))
    assert (door.databases, door.users) == ((database,), (role,))
    assert (door.type, door.address, door.method) == {
        "local": ("local", "", "scram-sha-256"), "127.0.0.1/32": ("host", "127.0.0.1/32", "scram-sha-256"),
        "::1/128": ("host", "::1/128", "scram-sha-256"), "10.0.0.0/8": ("hostssl", "10.0.0.0/8", "scram-sha-256")}[address]


def test_what_a_human_writes() -> None:
    door = parse('hostssl  loans,"Odd, ""db""" all, +friends 10.0.0.5 255.255.255.0 cert map="a b" # who else')
    assert door.type == "hostssl"
    assert door.databases == ('Odd, "db"', "loans")
    assert door.users == ("+friends", "all")
    assert (door.address, door.method, door.options) == ("10.0.0.0/24", "cert", ("map=a b",))


WANTED = ["host loans loans_owner 127.0.0.1/32 scram-sha-256", "hostssl loans loans_owner 10.0.0.0/8 scram-sha-256"]
FIRST, SECOND, NEITHER = {"127.0.0.1/32"}, {"10.0.0.0/8"}, set[str]()


@pytest.mark.parametrize(("line", "certain", "doubtful"), [
    ("host loans loans_owner samehost reject", FIRST, SECOND),
    ("host loans loans_owner samenet reject", FIRST, SECOND),
    ("host loans loans_owner localhost reject", FIRST, NEITHER),
    ("host loans loans_owner visitor.invalid reject", NEITHER, FIRST | SECOND),
    ("host sameuser all all reject", NEITHER, NEITHER),
    ("host samerole all all reject", FIRST | SECOND, NEITHER),
    ("host all +friends all reject", FIRST | SECOND, NEITHER),
    ("host all +loans_owner all reject", FIRST | SECOND, NEITHER),
    ("host all +strangers all reject", NEITHER, NEITHER),
    ("hostnossl all all 10.0.0.0/8 reject", NEITHER, NEITHER),
    ('host "/^l[[:alpha:]]+s$" all 10.1.0.0/16 reject', SECOND, NEITHER),
    ('host "/^l[[:digit:]]+s$" all 10.1.0.0/16 reject', NEITHER, NEITHER),
    ('host all "/\\mloans" 10.1.0.0/16 reject', NEITHER, SECOND),
    ("local all all reject", NEITHER, NEITHER),
])
def test_what_a_line_turns_away(line: str, certain: set[str], doubtful: set[str]) -> None:
    known = Known({"loans_owner": frozenset({"loans_owner", "friends", "loans"})}, guess=True)
    wanted = [parse(one) for one in WANTED]
    present = [replace(parse(one), line=number) for number, one in enumerate([line, *WANTED], 1)]
    found = missing(present, wanted, known)
    assert {door.address for door in found if not door.error} == certain
    assert {door.address for door in found if door.error} == doubtful
    # what comes first decides; what the matrix says itself is meant; and without a guess only what is certain counts
    assert missing([*present[1:], replace(present[0], line=9)], wanted, known) == []
    assert {door.address for door in missing(present, [*wanted, parse(line)], known)} == certain
    assert {door.address for door in missing(present, wanted, replace(known, guess=False))} == certain


@pytest.mark.parametrize(("expression", "name", "fits"), [
    ("^[[:alpha:]_]+$", "loans_owner", True), ("^[[:alpha:]]+$", "loans_owner", False), ("^[^[:digit:]]+$", "l0ans", False),
    ("^[[:alpha:]]+$", "größe", False), (r"^[][a]+$", "[a]", True), (r"^\[x", "[x", True), ("^[[:odd:]]", "x", None),
    ("^[[.a.]]", "a", None), (r"\yloans", "loans", None), ("(", "(", None), ("[a--b]", "a", None)])
def test_expressions_as_the_server_reads_them(expression: str, name: str, fits: bool | None) -> None:
    found = regular(expression)
    assert (None if found is None else bool(found.search(name))) == fits
