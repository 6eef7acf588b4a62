"""What somebody changes by hand on a host, and how to see it: changes.yml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from hosts.matrix import major, sql

Change = dict[str, str]
CHANGES: list[Change] = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text())


def name(change: Change) -> str:
    """What a test calls it."""
    return change["name"]


def _typed(host: Any, change: Change, text: str) -> str:
    if "sql" in change:
        return sql(host, text, change["database"])
    return str(host.run(text.replace("{major}", str(major(host)))).stdout.strip())


def make(host: Any, change: Change) -> None:
    """Type it."""
    _typed(host, change, change["sql" if "sql" in change else "shell"])


def is_right(host: Any, change: Change) -> bool:
    """Whether the host is, in this respect, as it should be."""
    return _typed(host, change, change["ask"]) == change["right"]
