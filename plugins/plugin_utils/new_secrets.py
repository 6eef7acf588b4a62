# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes the secrets that the matrix waits for, in a file of variables. Existing ones are never changed or shown."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from ..module_utils.errors import GoodNeighborError
from ..module_utils.matrix.secrets import PREFIX, faults, variable_of
from ..module_utils.matrix.types import ACTIVE, PLANNED

HEADER = """---
# Secrets of the allocation matrix. Keep them from everybody else:
#   ansible-vault encrypt {path}
"""


def missing(rows: object) -> dict[str, list[str]]:
    """The variables that passwords of active and planned raw rows wait for, each with the names that must not be in the
    secret: the role's, the service's, the database's.
    """
    found: dict[str, list[str]] = {}
    for row in rows if isinstance(rows, (list, tuple)) else ():
        if not isinstance(row, Mapping) or row.get("status") not in (ACTIVE, PLANNED):
            continue
        for role, password in _passwords(row):
            variable = variable_of(password) if isinstance(password, str) else None
            if variable and variable.startswith(PREFIX):
                names = (role, row.get("service"), row.get("database"))
                found.setdefault(variable, []).extend(name for name in names if isinstance(name, str))
    return found


def _passwords(row: Mapping[object, object]) -> Iterator[tuple[object, object]]:
    yield row.get("owner"), row.get("password")
    for key in ("logins", "readers"):
        entries = row.get(key)
        for entry in entries if isinstance(entries, (list, tuple)) else ():
            if isinstance(entry, Mapping):
                yield entry.get("role"), entry.get("password")


def new(names: list[str]) -> str:
    """A random password of 32 characters that YAML, shells and URLs take as it is, and that validation accepts."""
    while True:
        password = secrets.token_urlsafe(24)
        if password[0].isalnum() and not faults(password, names[0] if names else "", names):
            return password


def add(path: Path, variables: Mapping[str, list[str]], *, check: bool) -> list[str]:
    """Adds a secret for each variable that the file does not have, and returns their names; with `check` only that.

    The file is replaced whole, readable by its owner alone. Raises GoodNeighborError if it can't be added to.
    """
    if not variables:
        return []
    path = Path(os.path.realpath(path))
    try:
        text = path.read_text() if path.exists() else HEADER.format(path=path)
        added = [variable for variable in variables if variable not in _variables(text, path)]
        if added and not check:
            lines = [f'{variable}: "{new(variables[variable])}"\n' for variable in added]
            _replace(path, text + ("" if text.endswith("\n") or not text else "\n") + "".join(lines))
    except OSError as error:
        raise GoodNeighborError(f"{error.filename or path}: {error.strerror}") from None
    return added


def _variables(text: str, path: Path) -> Mapping[object, object]:
    if text.lstrip().startswith("$ANSIBLE_VAULT"):
        raise GoodNeighborError(
            f"{path} is encrypted: set good_neighbor_secrets_file to a new file, and encrypt that one too"
        )
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)  # the error's text would show the line
        raise GoodNeighborError(f"{path} is no YAML{f', line {mark.line + 1}' if mark else ''}") from None
    if found is not None and not isinstance(found, Mapping):
        raise GoodNeighborError(f"{path} is no mapping of variables")
    return found or {}


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
