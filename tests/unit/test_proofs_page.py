"""What docs/proofs.md names is there, and what proves something is named in it."""

from __future__ import annotations

import re
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PAGE = (CHECKOUT / "docs" / "proofs.md").read_text(encoding="utf-8")


def test_every_file_that_it_names_is_there() -> None:
    named = set(re.findall(r"\b(?:tests|tools)/[\w/.-]*\w", PAGE))
    assert len(named) > 15
    assert [path for path in sorted(named) if not (CHECKOUT / path).exists()] == []


def test_every_proof_is_named() -> None:
    there = [path for folder in ("tests/live/proofs", "tests/prove") for path in (CHECKOUT / folder).glob("test_*.py")]
    assert [path.name for path in there if str(path.relative_to(CHECKOUT)) not in PAGE] == []
