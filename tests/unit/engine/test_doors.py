"""Lines of pg_hba.conf, written by hba.py and read back by the engine."""

from __future__ import annotations

from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import hba
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.expand.doors import parse
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
