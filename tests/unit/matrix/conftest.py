"""The clean matrix and the wrong ones, as they stand in the files beside this one.

A case of wrong/ changes clean.yml by `rows` (by service) and `servers` (by name): null takes a key away, an unknown name
adds a row or a server; `allocation` or `whole_servers` stand for all of it. `says` is every line of the message.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

HERE = Path(__file__).parent
CLEAN: dict[str, Any] = yaml.safe_load((HERE / "clean.yml").read_text())
WRONG: list[dict[str, Any]] = [
    case for file in sorted((HERE / "wrong").glob("*.yml")) for case in yaml.safe_load(file.read_text())
]


@dataclass
class Raw:
    """A matrix as the user writes it, free to be changed."""

    servers: Any
    allocation: Any

    def row(self, service: str) -> dict[str, Any]:
        """The row of a service."""
        return next(row for row in self.allocation if row["service"] == service)


def raw() -> Raw:
    """A copy of the clean matrix."""
    return Raw(**copy.deepcopy(CLEAN))


def changed(case: dict[str, Any]) -> Raw:
    """The matrix of a case of wrong/."""
    matrix = raw()
    for service, change in copy.deepcopy(case.get("rows", {})).items():
        known = [row for row in matrix.allocation if row["service"] == service]
        if not known:
            known = [{"service": service}]
            matrix.allocation += known
        _change(known[0], change, keep_null=case.get("keep_null", False))
    for name, change in copy.deepcopy(case.get("servers", {})).items():
        if change is None:
            matrix.servers[name] = None
        else:
            _change(matrix.servers.setdefault(name, {}), change)
    matrix.servers = copy.deepcopy(case.get("whole_servers", matrix.servers))
    matrix.allocation = copy.deepcopy(case.get("allocation", matrix.allocation))
    return matrix


def _change(keys: dict[str, Any], change: dict[str, Any], *, keep_null: bool = False) -> None:
    keys.update(change)
    for key in [key for key in change if change[key] is None and not keep_null]:
        del keys[key]


def strings(value: object) -> Iterator[str]:
    """All text in a value, keys included."""
    if isinstance(value, dict):
        yield from (text for pair in value.items() for part in pair for text in strings(part))
    elif isinstance(value, list):
        yield from (text for entry in value for text in strings(entry))
    elif isinstance(value, str):
        yield value


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`wrong` is each of the wrong matrices."""
    if "wrong" in metafunc.fixturenames:
        metafunc.parametrize("wrong", WRONG, ids=[case["name"] for case in WRONG])


@pytest.fixture
def clean() -> Raw:
    """A copy of the clean matrix."""
    return raw()
