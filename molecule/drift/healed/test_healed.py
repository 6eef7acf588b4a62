"""`site` heals what was changed; the next run has nothing to do."""

from __future__ import annotations

from typing import Any

import pytest
from hosts.changes import CHANGES, Change, is_right, name
from hosts.doors import knock
from hosts.matrix import logins
from hosts.playbooks import Run, play

testinfra_hosts = ["ansible://good_neighbor"]


@pytest.fixture(scope="session")
def site() -> Run:
    """The run that heals."""
    return play("site")


@pytest.fixture(scope="session")
def again(site: Run) -> Run:
    """The run after it."""
    return play("site", "--diff")


def test_site_comes_to_its_end(site: Run) -> None:
    assert site.status == 0, site.text


@pytest.mark.parametrize("change", CHANGES, ids=name)
def test_it_is_healed(host: Any, site: Run, change: Change) -> None:
    assert site.changed
    assert is_right(host, change)


@pytest.mark.usefixtures("site")
def test_every_service_gets_in_again(host: Any) -> None:
    attempts = [
        {"host": "localhost", "dbname": login.database, "user": login.role, "password": login.password} for login in logins()
    ]
    assert [found.get("role", found) for found in knock(host, attempts)] == [login.role for login in logins()]


def test_nothing_is_left_to_do(again: Run) -> None:
    assert again.status == 0 and set(again.changed.values()) == {0}, again.text
