"""Names and limits: whatever the server has, the proposal is one that the matrix takes."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.adopt.limits import Wish, fit, total
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.adopt.names import (
    alike,
    service_of,
    unused,
    variable_of,
)
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.secrets import variable_of as variable_in
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.types import (
    Allocation,
    Login,
    Matrix,
    ServerSpec,
)
from hypothesis import given
from hypothesis import strategies as st

NUMBERS = st.integers(1, 60)
WISHES = st.dictionaries(
    st.text(min_size=1),
    st.builds(lambda least, more, declared: Wish(least + more, least, declared, 0), NUMBERS, NUMBERS, st.booleans()),
    max_size=8,
)


@given(WISHES, st.integers(1, 400), st.integers(0, 2))
def test_limits(wishes: dict[str, Wish], most: int, logins: int) -> None:
    spec = ServerSpec("s", max_connections=most, maintenance_connections=3)
    row = Allocation("", "", "s", "", "", "", "active", logins=tuple(Login(f"l{n}") for n in range(logins)))
    matrix = Matrix((spec,), tuple(replace(row, service=name) for name in wishes))
    limits = fit(matrix, spec, wishes, most)
    assert limits.keys() == wishes.keys()
    assert all(one.least <= limits[name] <= one.wanted for name, one in wishes.items())
    least = {name: one.least for name, one in wishes.items()}
    assert total(matrix, spec, limits) <= most or limits == least
    kept = {name: one.wanted if one.declared else one.least for name, one in wishes.items()}
    if total(matrix, spec, kept) <= most:
        assert all(limits[name] == one.wanted for name, one in wishes.items() if one.declared)


def test_alike() -> None:
    for role, database in (
        ("voice_ninja_user", "voice_ninja"),
        ("nexus_user", "bbworlds_nexus"),
        ("world_user", "bbworlds_world"),
        ("shop", "shop_prod"),
        ("Shop_App", "shop"),
        ("crm-rw", "crm_db"),
    ):
        assert alike(role, database), (role, database)
    for role, database in (("app", "shop"), ("a_user", "a_shop"), ("bob", "voice_ninja"), ("user", "users_shop")):
        assert not alike(role, database), (role, database)


def test_services() -> None:
    assert [service_of(name) for name in ("shop_prod", "crm_db", "db", "_db")] == ["shop", "crm", "db", "_db"]


@given(st.text(min_size=1), st.lists(st.text()))
def test_names_are_new_and_short(wanted: str, taken: list[str]) -> None:
    found = unused(wanted, taken)
    assert len(found.encode(errors="replace")) <= 63
    assert found.casefold() not in {word.casefold() for word in taken}


@given(st.text())
def test_variables_are_names(role: str) -> None:
    assert variable_in(f"{{{{ {variable_of(role)} }}}}") == variable_of(role)
