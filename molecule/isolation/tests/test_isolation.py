"""Every login at every database of both servers, from everywhere, by every way, with its own password and a wrong one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from hosts.doors import crowd, knock
from hosts.matrix import DATABASES, Login, logins, major, sql
from hosts.playbooks import inventory

testinfra_hosts = ["ansible://good_neighbor"]

WRONG = "wrong-password-0000"
HOME = {"voice_ninja_user": "server", "voice_ninja_analytics": "server", "nexus_user": "nexus", "world_user": "world"}
NEAR = ("/var/run/postgresql", "127.0.0.1", "::1")
LOCAL = [*({"host": host} for host in NEAR), {"host": "127.0.0.1", "sslmode": "disable"}]


@pytest.fixture
def addresses(host: Any) -> tuple[str, str]:
    """Where other hosts find the server: by IPv4 and IPv6."""
    found = host.ansible.get_variables()
    return found["ansible_host"], found["address6"]


def ways(place: str, addresses: tuple[str, str]) -> list[dict[str, str]]:
    """How somebody at `place` can come to the server."""
    far = [{"host": address, "sslmode": mode} for address in addresses for mode in ("require", "disable")]
    return LOCAL + far if place == "server" else far


def opens(login: Login, attempt: dict[str, str], place: str) -> bool:
    """Whether the matrix lets this attempt in."""
    if (attempt["dbname"], attempt["password"]) != (login.database, login.password):
        return False
    if place == "server":
        socket = attempt["host"].startswith("/") and login.role == "nexus_user"  # where its schema files are applied as it
        return socket or (HOME[login.role] == place and attempt["host"] in NEAR)
    return HOME[login.role] == place and attempt["sslmode"] == "require"


def elsewhere(host: Any, name: str) -> Any:
    """Another host of the same inventory."""
    return host.get_host(f"ansible://{name}?ansible_inventory={inventory()}")


def mistakes(host: Any, login: Login, place: str, addresses: tuple[str, str]) -> tuple[int, list[Any]]:
    """How many attempts came in, and those that ended otherwise than the matrix says."""
    attempts = [
        way | {"user": login.role, "dbname": database, "password": password}
        for way, database, password in product(ways(place, addresses), DATABASES, (login.password, WRONG))
    ]
    answers = knock(host if place == "server" else elsewhere(host, place), attempts)
    both = zip(attempts, answers)
    wrong = [(attempt, answer) for attempt, answer in both if ("role" in answer) != opens(login, attempt, place)]
    return sum("role" in answer for answer in answers), wrong


@pytest.mark.parametrize("place", ["server", "nexus", "world"])
@pytest.mark.parametrize("login", logins(), ids=lambda login: login.role)
def test_only_its_own_door_opens(host: Any, login: Login, place: str, addresses: tuple[str, str]) -> None:
    came_in, wrong = mistakes(host, login, place, addresses)
    assert wrong == []
    if HOME[login.role] == place:
        assert came_in == (len(LOCAL) if place == "server" else 2)


def test_who_is_off_the_host_gets_tls_1_3_or_nothing(host: Any, addresses: tuple[str, str]) -> None:
    login = next(login for login in logins() if login.role == "nexus_user")
    own = {"host": addresses[0], "user": login.role, "dbname": login.database, "password": login.password}
    plain, old, right = knock(elsewhere(host, "nexus"), [
        own | {"sslmode": "disable"},
        own | {"sslmode": "require", "ssl_max_protocol_version": "TLSv1.2"},
        own | {"sslmode": "require"},
    ])
    assert "no encryption" in plain["refused"] and "protocol version" in old["refused"] and right["encrypted"]


@pytest.fixture
def trusting(host: Any) -> Iterator[None]:
    """A line that trusts everybody stands first for a while."""
    file = f"/etc/postgresql/{major(host)}/main/pg_hba.conf"
    host.check_output(f"cp -p {file} /root/pg_hba.kept && sed -i '1i host all all 0.0.0.0/0 trust' {file}")
    sql(host, "SELECT pg_reload_conf()")
    yield
    host.check_output(f"mv /root/pg_hba.kept {file}")
    sql(host, "SELECT pg_reload_conf()")


@pytest.mark.usefixtures("trusting")
def test_these_tests_would_see_an_open_door(host: Any, addresses: tuple[str, str]) -> None:
    assert mistakes(host, logins()[0], "nexus", addresses)[1]


@pytest.fixture
def filler(host: Any) -> Iterator[None]:
    """A role of the test that may enter the database postgres on the socket."""
    file = f"/etc/postgresql/{major(host)}/main/pg_hba.conf"
    sql(host, "CREATE ROLE filler LOGIN")
    sql(host, "GRANT CONNECT ON DATABASE postgres TO filler")
    sql(host, "ALTER ROLE gn_operator PASSWORD 'not-a-secret-0006-abcdefgh'")
    host.check_output(f"cp -p {file} /root/pg_hba.kept && sed -i '1i local postgres filler trust' {file}")
    sql(host, "SELECT pg_reload_conf()")
    yield
    host.check_output(f"mv /root/pg_hba.kept {file}")
    sql(host, "SELECT pg_reload_conf()")
    sql(host, "REVOKE CONNECT ON DATABASE postgres FROM filler")
    sql(host, "DROP ROLE filler")


@pytest.mark.usefixtures("filler")
def test_operators_get_in_when_all_ordinary_slots_are_taken(host: Any) -> None:
    socket = {"host": "/var/run/postgresql", "dbname": "postgres"}
    operator = socket | {"user": "gn_operator", "password": "not-a-secret-0006-abcdefgh"}
    taken, ordinary, others = crowd(host, socket | {"user": "filler"}, 130, [socket | {"user": "postgres"}, operator])
    assert taken == 130, ordinary
    assert "remaining connection slots are reserved" in ordinary["refused"]
    assert others[0].get("role") == "postgres", others
    # on 15 only superusers have a reserve
    assert others[1].get("role") == "gn_operator" if major(host) >= 16 else "refused" in others[1], others
