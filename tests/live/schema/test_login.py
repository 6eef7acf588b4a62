"""The login of the moment: what it is, and that all is as before afterwards."""

from __future__ import annotations

from typing import Any

import psycopg2
import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import scram
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import SchemaFileError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema import login
from live.schema.conftest import Place


def state(place: Place) -> tuple[Any, ...]:
    return place.query(
        "SELECT rolcanlogin, rolconnlimit, coalesce(rolvaliduntil, 'infinity')::text, rolpassword FROM pg_authid"
        " WHERE rolname = %s", place.owner)[0]


@pytest.mark.parametrize("hand_made", [
    "NOLOGIN", "LOGIN CONNECTION LIMIT 7 PASSWORD 'fake-hand-made'", "NOLOGIN PASSWORD 'fake-hand-made'",
    "NOLOGIN VALID UNTIL '2031-02-03 04:05:06.789+02'",
])
def test_all_is_as_before(closed_place: Place, hand_made: str) -> None:
    closed_place.query(f"ALTER ROLE {closed_place.owner} {hand_made}")
    before = state(closed_place)
    with login.temporary_login(closed_place.admin.cursor(), closed_place.owner) as password:
        closed_place.connect_as(closed_place.owner, password).close()
        assert state(closed_place)[:2] == (True, 1)
        left = closed_place.query(
            "SELECT extract(epoch FROM rolvaliduntil - now()) FROM pg_authid WHERE rolname = %s", closed_place.owner)[0][0]
        assert 590 < left <= 600
    assert state(closed_place) == before


def test_it_is_taken_back_when_something_fails(closed_place: Place) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        login.temporary_login(closed_place.admin.cursor(), closed_place.owner),
    ):
        raise ZeroDivisionError
    assert state(closed_place) == (False, -1, "infinity", None)


def test_what_a_killed_run_leaves_is_known_and_not_kept(closed_place: Place) -> None:
    cursor = closed_place.admin.cursor()
    password = login.open_login(cursor, closed_place.owner)
    assert login.is_one_time(state(closed_place)[3])
    with login.temporary_login(cursor, closed_place.owner) as another:
        with pytest.raises(psycopg2.OperationalError):
            closed_place.connect_as(closed_place.owner, password)
        assert another != password
    assert state(closed_place) == (False, -1, "infinity", None)


@pytest.mark.parametrize("stored", [
    None, "", "md5" + "0" * 32, scram.verifier("fake"), scram.verifier("fake", salt=b"gn-onc-"),
])
def test_other_verifiers_are_not_ours(stored: str | None) -> None:
    assert not login.is_one_time(stored)


def test_a_role_that_is_not_there(place: Place) -> None:
    with pytest.raises(SchemaFileError, match="no role nobody"):
        login.login_state(place.admin.cursor(), "nobody")


def test_odd_names(place: Place) -> None:
    name = "it's \"odd\" \\ ü %s"
    place.query('CREATE ROLE "it\'s ""odd"" \\ ü %s"')
    with login.temporary_login(place.admin.cursor(), name):
        assert place.query("SELECT rolcanlogin FROM pg_roles WHERE rolname = %s", name) == [(True,)]
    assert place.query("SELECT rolcanlogin FROM pg_roles WHERE rolname = %s", name) == [(False,)]
    place.query('DROP ROLE "it\'s ""odd"" \\ ü %s"')
