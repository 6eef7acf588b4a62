"""The shape of the engine: who may talk to a server, and which rules there are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import ansible_collections.bbworlds.good_neighbor.plugins.module_utils as package
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.model import ITEM_TYPES
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.rules import registry
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.rules.base import KINDS, MANUAL, SEVERITIES

ROOT = Path(next(iter(package.__path__)))
# the only files that import a driver or Ansible
IMPURE = {
    "catalog/session.py": {"psycopg2"},
    "health.py": {"psycopg2"},
    "hba_file/live.py": {"psycopg2"},
    "face.py": {"ansible", "ansible_collections"},
    "arrived.py": {"ansible"},
    "options.py": {"ansible_collections"},
    "backup/restore_face.py": {"ansible", "ansible_collections"},
}
OUTSIDE = {"psycopg2", "psycopg", "ansible", "ansible_collections"}
CLOCKS = {"time", "datetime", "random", "socket", "subprocess", "logging"}
# what decides, and all that it imports, reaches neither a server nor a clock; kinds and place of the matrix know days
DECIDING = (
    "plan.py",
    "diff.py",
    "simulate.py",
    "acl.py",
    "sql.py",
    "hba.py",
    "expand/desired.py",
    "rules/registry.py",
    "matrix/parse.py",
)
KNOW_DAYS = {"matrix/kinds.py", "matrix/place.py"}


def imports(path: str) -> Iterator[str]:
    """What a file imports, nested or not: files of ours by their path, others by their first word."""
    base = Path(path).parent.parts
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            module = [*base[: len(base) - node.level + 1], *(node.module or "").split(".")]
            stem = "/".join(part for part in module if part)
            for alias in node.names:
                inner = f"{stem}/{alias.name}.py".lstrip("/")
                yield inner if (ROOT / inner).exists() else f"{stem}.py"
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module).partition(".")[0]


def reached(path: str, seen: set[str]) -> set[str]:
    """Everything that a file imports, and what that imports."""
    for name in imports(path):
        if name not in seen:
            seen.add(name)
            if (ROOT / name).is_file():
                reached(name, seen)
    return seen


def test_who_talks_to_a_server() -> None:
    paths = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py")]
    found = {path: set(imports(path)) & OUTSIDE for path in paths}
    assert {path: names for path, names in found.items() if names} == IMPURE


def test_what_decides_is_pure() -> None:
    for path in DECIDING:
        everything = reached(path, set())
        assert not everything & OUTSIDE, path
        assert not everything & IMPURE.keys(), path
        clocks = {
            name for name in everything if name.endswith(".py") and name not in KNOW_DAYS and set(imports(name)) & CLOCKS
        }
        assert clocks <= {"undo.py"}, path  # it writes a file, and its statements are made here


def test_the_registry_names_every_family() -> None:
    files = {path.stem for path in (ROOT / "rules").glob("*.py")} - {"__init__", "base", "held", "registry"}
    assert {family.__name__.rpartition(".")[2] for family in registry.FAMILIES} == files


def test_rules_are_told_whole() -> None:
    rules = [rule for family in registry.FAMILIES for rule in family.RULES]
    assert len(rules) == len(registry.RULES)
    for rule in rules:
        assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)+", rule.id)
        assert rule.severity in SEVERITIES
        assert rule.kind in (*KINDS, MANUAL)
        for text in (rule.what, rule.why, rule.remedy):
            assert re.fullmatch(r".*\.|.*https?://\S+", text), rule.id
        assert rule.remedy.startswith("None") == (rule.kind == MANUAL) or "baseline" in rule.remedy, rule.id


def test_every_type_of_item_is_judged() -> None:
    assert set(registry.JUDGES) | {kind for kind in ITEM_TYPES if kind.__name__ == "SchemaFile"} == set(ITEM_TYPES)
