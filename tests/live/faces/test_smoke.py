"""Smoke tests tell every way in which a server is not as they should find it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.modules.smoke_test import knock, report
from live.embedded import Server

SECRET = "fake-Hb7qWz2mKx9vTn4c"


@pytest.fixture
def house(server: Server) -> Iterator[Server]:
    """Two databases; the owner of one, its reader, and what the reader reads. CONNECT is the owner's and the reader's."""
    for statement in (
        f"CREATE ROLE smoke_owner LOGIN PASSWORD '{SECRET}'", f"CREATE ROLE smoke_reader LOGIN PASSWORD '{SECRET}'",
        "CREATE DATABASE smoke_own OWNER smoke_owner", "CREATE DATABASE smoke_foreign",
        "REVOKE CONNECT ON DATABASE smoke_own, smoke_foreign FROM PUBLIC",
        "GRANT CONNECT ON DATABASE smoke_own TO smoke_reader",
    ):  # fmt: skip
        server.rows(statement)
    server.rows("CREATE TABLE things (id int GENERATED ALWAYS AS IDENTITY, CHECK (id > 0))", "smoke_own")
    server.rows("ALTER TABLE things OWNER TO smoke_owner", "smoke_own")
    server.rows("GRANT SELECT ON things TO smoke_reader", "smoke_own")
    yield server
    for statement in ("DROP DATABASE smoke_own WITH (FORCE)", "DROP DATABASE smoke_foreign WITH (FORCE)",
                      "DROP ROLE smoke_owner", "DROP ROLE smoke_reader"):
        server.rows(statement)


def reader(server: Server, **words: Any) -> dict[str, Any]:
    """The reader's entry, as the module has it."""
    return {"service": "smoke", "role": "smoke_reader", "database": "smoke_own", "path": None, "format": None,
            "host": server.host, "port": 5432, "password": SECRET, "foreign": ["smoke_foreign"],
            "never": ["INSERT", "DELETE", "CREATE"], **words}


def wrong(entry: dict[str, Any]) -> list[str]:
    """What the smoke tests find wrong."""
    return [f"{one['what']}: {one['wrong']}" for one in knock(entry) if one["wrong"]]


def test_a_server_that_is_right(house: Server) -> None:
    tried = list(knock(reader(house)))
    assert [one["what"] for one in tried] == [
        "comes in with its password", "reads", "is refused INSERT", "is refused DELETE", "is refused CREATE", "is refused"]
    assert not [one for one in tried if one["wrong"]]
    assert "4 attempts refused" in report(tried)


@pytest.mark.parametrize(("statement", "database", "says"), [
    ("GRANT CONNECT ON DATABASE smoke_foreign TO PUBLIC", "postgres", ["is refused: it opens"]),
    ("GRANT INSERT ON things TO smoke_reader", "smoke_own", ["is refused INSERT: INSERT: is allowed"]),
    ("GRANT DELETE ON things TO smoke_reader", "smoke_own", ["is refused DELETE: DELETE: is allowed"]),
    ("GRANT CREATE ON SCHEMA public TO smoke_reader", "smoke_own", ["is refused CREATE: CREATE: is allowed"]),
    ("REVOKE SELECT ON things FROM smoke_reader", "smoke_own", ["reads: SELECT: 42501"]),
])  # fmt: skip
def test_what_is_wrong_is_told_and_nothing_is_written(house: Server, statement: str, database: str, says: list[str]) -> None:
    house.rows(statement, database)
    assert wrong(reader(house)) == says
    assert house.rows("SELECT count(*) FROM things", "smoke_own") == [(0,)]
    assert house.rows("SELECT to_regclass('public.good_neighbor_smoke_test')", "smoke_own") == [(None,)]


def test_a_door_that_stays_shut_is_told_without_the_password(house: Server) -> None:
    house.rows("REVOKE CONNECT ON DATABASE smoke_own FROM smoke_reader")
    said = wrong(reader(house))
    assert len(said) == 1
    assert "permission denied for database" in said[0]
    assert SECRET not in said[0]


def test_a_service_comes_in_with_its_file_alone(house: Server, tmp_path: Path) -> None:
    path = tmp_path / "database.env"
    lines = {"HOST": house.host, "PORT": "5432", "NAME": "smoke_own", "USER": "smoke_owner", "PASSWORD": SECRET}
    path.write_text("".join(f"DB_{name}={value}\n" for name, value in lines.items()))
    own = reader(house, role="smoke_owner", path=str(path), format="dotenv", password=None, never=[])
    assert wrong(own) == []
    assert wrong({**own, "role": "smoke_reader"}) == [f"comes in with {path}: comes in as smoke_owner in smoke_own"]
    assert "is allowed" in "".join(wrong({**own, "never": ["DELETE"]})), "an owner may delete"
    path.write_text("nothing")
    assert wrong(own) == [f"comes in with {path}: it is no settings file of the format dotenv"]
    path.unlink()
    assert "No such file" in wrong(own)[0]
