"""An inventory replaces whole keys of rows and servers, takes keys away, and cannot name what is not there."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import MatrixError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.overrides import overridden

from .conftest import CLEAN, Raw


def test_whole_keys_are_replaced_and_null_takes_one_away(clean: Raw) -> None:
    changes = {"kitchen": {"client_pool": {"max": 3}, "readers": None, "colour": None}, "gallery": {"status": "active"}}
    rows: Any = overridden(clean.allocation, changes)
    assert rows[0] == {
        key: value for key, value in {**clean.row("kitchen"), "client_pool": {"max": 3}}.items() if key != "readers"
    }
    assert rows[1] == {**clean.row("gallery"), "status": "active"}
    assert rows[2:] == clean.allocation[2:]
    assert clean.allocation == CLEAN["allocation"]


def test_servers_are_known_by_their_name(clean: Raw) -> None:
    servers: Any = overridden(clean.servers, {"shelf.example": {"mode": "audit", "exceptions": None}})
    assert servers["shelf.example"]["mode"] == "audit"
    assert "exceptions" not in servers["shelf.example"]
    assert servers["bank.example"] == clean.servers["bank.example"]
    assert clean.servers == CLEAN["servers"]


@pytest.mark.parametrize("nothing", [{}, None])
def test_nothing_to_override(clean: Raw, nothing: object) -> None:
    assert overridden(clean.allocation, nothing) == clean.allocation
    assert overridden(clean.servers, nothing) == clean.servers


@pytest.mark.parametrize("rows", [None, 5, "kitchen", ["kitchen"]])
def test_what_is_no_matrix_is_left_to_validation(rows: object) -> None:
    before = copy.deepcopy(rows)
    assert overridden(rows, {}) == before


@pytest.mark.parametrize(("overrides", "says"), [
    ({"kitchn": {"status": "active"}},
     "good_neighbor_overrides: kitchn: is no service of the matrix; "
     "write kitchen, gallery, attic or till (did you mean kitchen?)"),
    ({3: {}}, "good_neighbor_overrides: 3: is no service of the matrix; write kitchen, gallery, attic or till"),
    ({"kitchen": "active"},
     "good_neighbor_overrides: kitchen: is text, not a mapping; write the keys to replace, such as {status: active}"),
    ({"kitchen": {"service": "cellar"}},
     "good_neighbor_overrides: kitchen.service: would give the row another name; take the key away"),
    (["kitchen"],
     "the matrix: good_neighbor_overrides: is a list, not a mapping; "
     "write the service's name with the keys to replace below"),
])  # fmt: skip
def test_a_wrong_override_is_told(clean: Raw, overrides: object, says: str) -> None:
    with pytest.raises(MatrixError) as told:
        overridden(clean.allocation, overrides)
    assert [str(problem) for problem in told.value.problems] == [says]


def test_a_server_that_is_not_there(clean: Raw) -> None:
    with pytest.raises(MatrixError) as told:
        overridden(clean.servers, {"shelf.exmple": {}, "x": {}})
    assert [str(problem) for problem in told.value.problems] == [
        "good_neighbor_server_overrides: shelf.exmple: is no server of the matrix; "
        "write shelf.example or bank.example (did you mean shelf.example?)",
        "good_neighbor_server_overrides: x: is no server of the matrix; write shelf.example or bank.example",
    ]
