# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How one inventory differs from the shared matrix: whole keys of rows or servers, replaced or taken away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import MatrixError, Problem
from .place import Place, hint, kind_of, listed, plain, quoted


def overridden(items: object, overrides: object) -> object:
    """`items` (rows, known by their service, or a mapping of servers) with each key that `overrides` names replaced;
    null takes a key away. Neither argument is changed. What is no list of rows or mapping at all passes unchanged:
    `parse` tells what is wrong with it.

    Raises MatrixError with all problems if `overrides` names what is not there, or is no mapping of mappings.
    """
    if overrides is None:
        return items
    if isinstance(items, Mapping):
        changes = _checked(overrides, list(items), "good_neighbor_server_overrides", "server")
        return {name: _changed(keys, changes.get(name)) for name, keys in items.items()}
    if not isinstance(items, Sequence) or isinstance(items, (str, bytes)):
        return items
    services = [row.get("service") if isinstance(row, Mapping) else None for row in items]
    changes = _checked(overrides, services, "good_neighbor_overrides", "service")
    named = zip(items, services, strict=True)
    return [_changed(row, changes.get(service) if isinstance(service, str) else None) for row, service in named]


def _checked(overrides: object, names: Sequence[object], variable: str, what: str) -> Mapping[str, Mapping[Any, Any]]:
    problems: list[Problem] = []
    place = Place(variable, "", problems)
    known = [plain(name) for name in names if isinstance(name, str)]
    if not isinstance(overrides, Mapping):
        Place("the matrix", variable, problems).wrong(
            f"is {kind_of(overrides)}, not a mapping", f"write the {what}'s name with the keys to replace below"
        )
        raise MatrixError(problems)
    for name, keys in overrides.items():
        at = place.at(plain(name) if isinstance(name, str) else quoted(name))
        if name not in known:
            known_names = listed(known, "or") if known else "none"
            at.wrong(f"is no {what} of the matrix", f"write {known_names}{hint(name, known)}")
        elif not isinstance(keys, Mapping):
            at.wrong(f"is {kind_of(keys)}, not a mapping", "write the keys to replace, such as {status: active}")
        elif what == "service" and "service" in keys:
            at.at("service").wrong("would give the row another name", "take the key away")
    if problems:
        raise MatrixError(problems)
    return overrides


def _changed(keys: object, change: Mapping[Any, Any] | None) -> object:
    if not change or not isinstance(keys, Mapping):
        return keys
    merged = {**keys, **change}
    return {key: value for key, value in merged.items() if not (key in change and value is None)}
