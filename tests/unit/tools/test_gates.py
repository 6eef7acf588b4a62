"""What tools/gates makes of a target's log."""

from __future__ import annotations

import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

GATES = Path(__file__).resolve().parents[3] / "tools" / "gates"


@pytest.fixture(scope="module")
def gates() -> ModuleType:
    """The program as a module."""
    loader = SourceFileLoader("gates", str(GATES))
    spec = spec_from_loader("gates", loader)
    assert spec
    module = module_from_spec(spec)
    sys.modules["gates"] = module  # where dataclasses look for it
    loader.exec_module(module)
    return module


def outcome(gates: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, recipe: str) -> tuple[bool, int, int, str]:
    """Run a target with this recipe: whether it passed, its checks, its failures, and what is said."""
    (tmp_path / "Makefile").write_text(f"target:\n\t@{recipe}\n")
    monkeypatch.setattr(gates, "ROOT", tmp_path)
    monkeypatch.setattr(gates, "LOGS", tmp_path)
    result = gates.run("target")
    return result.ok, result.passed, result.failed, result.word


@pytest.mark.parametrize(("recipe", "expected"), [
    ("echo quiet", (True, 1, 0, "")),
    ("false", (False, 0, 1, "")),
    ("echo '5 passed in 1.00s'", (True, 5, 0, "5 passed in 1.00s")),
    ("echo '5 passed in 1.00s'; echo '== 7 passed in 2.00s =='", (True, 12, 0, "5 passed in 1.00s + 7 passed in 2.00s")),
    ("echo '1 failed, 4 passed in 1.00s'; exit 1", (False, 4, 1, "1 failed, 4 passed in 1.00s")),
    ("echo '4 passed in 1.00s'; exit 1", (False, 4, 1, "4 passed in 1.00s")),
    ("echo 'not run: no root'", (True, 0, 0, "not run: no root")),
    ("echo 'not run: no root'; exit 1", (False, 0, 1, "not run: no root")),
])
def test_a_target_is_counted(
    gates: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, recipe: str, expected: tuple[bool, int, int, str]
) -> None:
    assert outcome(gates, monkeypatch, tmp_path, recipe) == expected
