# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the collection raises. The faces (modules, action plugins, filters) turn these into Ansible's own failures."""

from __future__ import annotations

from .record import record


class GoodNeighborError(Exception):
    """Base of all: its text is one sentence (or more) that a sysadmin understands, free of secrets.

    `changed`: whether something had been changed before."""

    changed = False


@record(frozen=True)
class Problem:
    """One fault of the matrix: where it is, what is wrong, what to write instead."""

    row: str  # "service nexus" or "server voice-ninja.com"
    key: str
    wrong: str
    write: str

    def __str__(self) -> str:
        return f"{self.row}: {self.key}: {self.wrong}; {self.write}"


class MatrixError(GoodNeighborError):
    """The matrix is wrong: all problems at once."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        count = "1 error" if len(problems) == 1 else f"{len(problems)} errors"
        super().__init__("\n".join([f"the allocation matrix has {count}:", *(f"- {p}" for p in problems)]))


class SchemaFileError(GoodNeighborError):
    """A schema file is refused, or failed and left nothing behind."""


class ServerError(GoodNeighborError):
    """The server refused a statement, or is not one that may be changed now."""
