"""What the role says of its variables is what it does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.server import settings
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.server.names import NAMES

ROLE = Path(__file__).resolve().parents[3] / "roles" / "postgresql_server"
PREFIX = "postgresql_server_"


def load(path: str) -> dict[str, Any]:
    """A YAML file of the role."""
    found: dict[str, Any] = yaml.safe_load((ROLE / path).read_text())
    return found


def test_specified_defaults_are_the_real_ones() -> None:
    options = load("meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    own = {name: option["default"] for name, option in options.items() if name.startswith(PREFIX)}
    assert own == load("defaults/main.yml")
    assert not [name for name, option in options.items() if "default" in option and not name.startswith(PREFIX)]


def test_every_variable_that_the_tasks_take_is_specified() -> None:
    specified = set(load("meta/argument_specs.yml")["argument_specs"]["main"]["options"])
    files = [*(ROLE / "tasks").glob("*.yml"), *(ROLE / "templates").glob("*.j2"), ROLE / "vars/main.yml"]
    text = "\n".join(path.read_text() for path in files)
    used = set(re.findall(r"(?<!bbworlds\.)\b(good_neighbor_\w+|postgresql_server_\w+)", text))
    made = set(re.findall(r"register: (\w+)", text)) | {"postgresql_server_plan"} | set(load("vars/main.yml"))
    assert used - made == specified


def test_entry_points_are_documented_and_there() -> None:
    readme = (ROLE / "README.md").read_text()
    for entry in load("meta/argument_specs.yml")["argument_specs"]:
        assert (ROLE / "tasks" / f"{entry}.yml").exists()
        assert f"| `{entry}` |" in readme


def test_every_file_of_tasks_is_called() -> None:
    texts = "\n".join(path.read_text() for path in (ROLE / "tasks").glob("*.yml"))
    called = set(re.findall(r"(?:import|include)_tasks: (\w+\.yml)", texts))
    assert called == {path.name for path in (ROLE / "tasks").glob("*.yml")} - {"main.yml"}


@pytest.mark.parametrize("name", [*settings.SAME, *settings.REPLICATION, *settings.KEPT, *settings.FROM_THE_MATRIX])
def test_the_roles_own_settings_are_known(name: str) -> None:
    assert name in NAMES or "." in name
