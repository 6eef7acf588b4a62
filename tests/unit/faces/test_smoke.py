"""What a smoke test tries: each settings file as its service reads it, each reader, every foreign door."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import smoke
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.env_file import render
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import GoodNeighborError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.parse import parse
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.types import (
    Allocation,
    EnvFile,
    Matrix,
    ServerSpec,
)

from ..matrix.test_plays import ROOT

SERVER = "voice-ninja.com"


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    """The matrix that the inventories share, with made-up secrets and bbworlds_world as staging has it."""
    found = yaml.safe_load((ROOT / "inventories" / "allocation.yml").read_text())
    rows = found["good_neighbor_allocation"]
    rows[0]["readers"][0]["password"] = "fake-1-Hb7qWz2mKx9vTn4c"
    rows[2]["logins"][0]["password"] = "fake-2-Hb7qWz2mKx9vTn4c"
    rows[2]["status"] = "active"
    for number, row in enumerate(rows):
        row.update({"password": f"fake-3{number}-Hb7qWz2mKx9vTn4c"} if "password" in row else {})
    return parse(found["good_neighbor_servers"], rows)


def test_who_comes_in_and_who_does_not(matrix: Matrix) -> None:
    own = ("voice_ninja", "bbworlds_nexus", "bbworlds_world")
    found = {entry.role: entry for entry in smoke.entries(matrix, SERVER)}
    assert list(found) == ["voice_ninja_user", "voice_ninja_analytics", "nexus_user", "world_user"]
    assert all(set(entry.foreign) == {*own, "postgres"} - {entry.database} for entry in found.values())
    assert {role: entry.never for role, entry in found.items() if entry.never} == {
        "voice_ninja_analytics": ("INSERT", "DELETE", "CREATE"), "world_user": ("DELETE",)}
    assert [role for role, entry in found.items() if entry.password] == ["voice_ninja_analytics"]
    assert found["world_user"].path == "/etc/bbworlds-api/database.env"
    assert "fake-" not in repr(found)


def test_who_comes_from_elsewhere_is_left_out(matrix: Matrix) -> None:
    away = ("10.0.0.0/8",)
    rows = tuple(replace(row, client_addresses=away, readers=tuple(replace(reader, client_addresses=away)
                                                                   for reader in row.readers)) for row in matrix.rows)
    assert smoke.entries(replace(matrix, rows=rows), SERVER) == []


@pytest.mark.parametrize("host", ["localhost", "::1", "/run/a socket", "db.example"])
@pytest.mark.parametrize("form", ["dotenv", "python", "url"])
@pytest.mark.parametrize("password", ["plain-9-Hb7qWz2mKx9vTn4c", "a b#c\"d$e`f&g?h/i@j:k%41=", "it's-Hb7qWz2mKx9v"])
def test_what_is_written_is_read(form: str, password: str, host: str) -> None:
    row = Allocation("s", "S", "h", "the_base", "the_user", "p", "active", password=password, connection_limit=3)
    text = render(row, ServerSpec("h", port=5433, client_host=host), EnvFile("/f", form))
    assert smoke.settings(text, form) == {
        "host": host, "port": "5433", "database": "the_base", "user": "the_user", "password": password}


@pytest.mark.parametrize("form", ["dotenv", "python", "url"])
@pytest.mark.parametrize("text", ["", "fake-secret", "DATABASE = {'host': 'fake-secret'", "'fake-secret", "{fake-secret}"])
def test_what_cannot_be_read_is_told_without_its_text(form: str, text: str) -> None:
    with pytest.raises(GoodNeighborError) as told:
        smoke.settings(text, form)
    assert str(told.value) == f"it is no settings file of the format {form}"
