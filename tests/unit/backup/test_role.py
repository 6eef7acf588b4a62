"""What the role says of its variables is what it does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROLE = Path(__file__).resolve().parents[3] / "roles" / "backups"
PREFIX = "backups_"


def load(path: str) -> dict[str, Any]:
    """A YAML file of the role."""
    found: dict[str, Any] = yaml.safe_load((ROLE / path).read_text())
    return found


def specs() -> dict[str, Any]:
    """The entry points."""
    found: dict[str, Any] = load("meta/argument_specs.yml")["argument_specs"]
    return found


def test_specified_defaults_are_the_real_ones() -> None:
    options = {name: option for entry in specs().values() for name, option in entry.get("options", {}).items()}
    own = {name: option["default"] for name, option in options.items() if "default" in option}
    assert own == load("defaults/main.yml")


def test_every_variable_that_the_tasks_take_is_specified() -> None:
    specified = {name for entry in specs().values() for name in entry.get("options", {}) if name.startswith(PREFIX)}
    files = [*(ROLE / "tasks").glob("*.yml"), *(ROLE / "templates").glob("*.j2"), ROLE / "vars/main.yml"]
    text = "\n".join(path.read_text() for path in files)
    used = set(re.findall(r"(?<![.\w])(backups_\w+)", text))
    made = set(re.findall(r"register: (\w+)", text)) | set(load("vars/main.yml"))
    made |= set(re.findall(r"^    (?:  )?(backups_\w+):", text, re.M))  # given to the files of tasks that are imported
    elsewhere = {"backups_address", "backups_port"}  # which other hosts ask for
    assert used - made == specified - elsewhere


def test_entry_points_are_documented_and_there() -> None:
    readme = (ROLE / "README.md").read_text()
    for entry in specs():
        assert (ROLE / "tasks" / f"{entry}.yml").exists()
        assert f"| `{entry}` |" in readme, entry


def test_every_file_of_tasks_is_called() -> None:
    texts = "\n".join(path.read_text() for path in (ROLE / "tasks").glob("*.yml"))
    called = set(re.findall(r"(?:import|include)_tasks: (\w+\.yml)", texts)) | {f"{entry}.yml" for entry in specs()}
    assert called == {path.name for path in (ROLE / "tasks").glob("*.yml")}
