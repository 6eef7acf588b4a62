# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A role's variables as their dataclass wants them: what comes from the command line (-e name=value) is text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, fields
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.module_utils.parsing.convert_bool import boolean


def typed(kind: type[Any], found: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The values of the fields of `kind`, from the mapping. Raises AnsibleFilterError where one is of another kind;
    `prefix` is what the variable's name begins with."""
    return {field.name: _value(field, found[field.name], prefix) for field in fields(kind)}


def _value(field: Field[Any], value: Any, prefix: str) -> Any:
    try:
        if field.type == "bool":
            return boolean(value)
        if field.type == "int":
            return int(value)
    except (TypeError, ValueError):
        wanted = "true or false" if field.type == "bool" else "a whole number"
        raise AnsibleFilterError(f"{prefix}{field.name}: {value!r} is not {wanted}") from None
    return tuple(value) if str(field.type).startswith("tuple") else value
