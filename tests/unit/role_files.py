"""The files of a role, and what holds for each role: its specification, its defaults and its README say the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROLES = Path(__file__).resolve().parents[2] / "roles"


@dataclass(frozen=True)
class RoleFiles:
    """The role of this name."""

    name: str

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return ROLES / self.name

    def load(self, path: str) -> dict[str, Any]:
        """A YAML file of the role."""
        found: dict[str, Any] = yaml.safe_load((self.folder / path).read_text())
        return found

    def specs(self) -> dict[str, Any]:
        """The entry points."""
        found: dict[str, Any] = self.load("meta/argument_specs.yml")["argument_specs"]
        return found

    def check_defaults(self) -> None:
        """Specified defaults are the real ones."""
        options = {name: option for entry in self.specs().values() for name, option in entry.get("options", {}).items()}
        own = {name: option["default"] for name, option in options.items() if "default" in option}
        assert own == self.load("defaults/main.yml")

    def check_entry_points(self) -> None:
        """Entry points are there, and the README names them."""
        readme = (self.folder / "README.md").read_text()
        for entry in self.specs():
            assert (self.folder / "tasks" / f"{entry}.yml").exists()
            assert f"| `{entry}` |" in readme, entry
