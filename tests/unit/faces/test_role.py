"""What the role says of its variables is what it does; what the README names is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.fields import ROW, SERVER

CHECKOUT = Path(__file__).resolve().parents[3]
ROLE = CHECKOUT / "roles" / "service_databases"
PREFIX = "service_databases_"


def load(path: Path) -> dict[str, Any]:
    """A YAML file."""
    found: dict[str, Any] = yaml.safe_load(path.read_text())
    return found


def test_specified_defaults_are_the_real_ones() -> None:
    options = load(ROLE / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"]
    own = {name: option["default"] for name, option in options.items() if name.startswith(PREFIX)}
    assert own == load(ROLE / "defaults" / "main.yml")
    assert not [name for name, option in options.items() if "default" in option and not name.startswith(PREFIX)]


def test_every_variable_that_the_tasks_take_is_specified() -> None:
    specs = load(ROLE / "meta" / "argument_specs.yml")["argument_specs"]
    specified = {name for entry in specs.values() for name in entry.get("options", {})}
    texts = [path.read_text() for path in [*(ROLE / "tasks").glob("*.yml"), ROLE / "vars" / "main.yml"]]
    used = set(re.findall(r"(?<!bbworlds\.)\b(good_neighbor_\w+|service_databases_\w+)", "\n".join(texts)))
    registered = set(re.findall(r"(?:register: |set_fact:\n +)(\w+)", "\n".join(texts)))
    assert used - registered - set(load(ROLE / "vars" / "main.yml")) == specified


def test_entry_points_are_documented_and_there() -> None:
    specs = load(ROLE / "meta" / "argument_specs.yml")["argument_specs"]
    readme = (ROLE / "README.md").read_text()
    for entry in specs:
        assert (ROLE / "tasks" / f"{entry}.yml").exists()
        assert f"| `{entry}` |" in readme


def test_the_readme_knows_every_playbook_and_key() -> None:
    readme = (CHECKOUT / "README.md").read_text()
    rows = "\n".join(line.split("|")[1] for line in readme.splitlines() if line.startswith("| `"))
    names = [path.stem for path in (CHECKOUT / "playbooks").glob("*.yml")]
    assert [name for name in [*names, *ROW, *SERVER] if f"`{name}`" not in rows] == []
