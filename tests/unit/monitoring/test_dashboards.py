"""The dashboards are what their tool makes, and as Grafana reads them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

ROOT = Path(__file__).resolve().parents[3]
DASHBOARDS = sorted((ROOT / "roles" / "monitoring" / "files" / "dashboards").glob("*.json"))


def lost(written: Any, read: Any, path: str = "") -> Iterator[str]:
    """Where something was written that Grafana's model has not taken over."""
    if isinstance(written, dict):
        for key, value in written.items():
            if not isinstance(read, dict) or (key not in read and value is not None):
                yield f"{path}.{key}"
            else:
                yield from lost(value, read.get(key), f"{path}.{key}")
    elif isinstance(written, list):
        if not isinstance(read, list) or len(read) != len(written):
            yield path
        else:
            for number, (one, other) in enumerate(zip(written, read)):
                yield from lost(one, other, f"{path}[{number}]")
    elif written != read:
        yield path


def misread(board: dict[str, Any]) -> list[str]:
    """What Grafana would not take over of a dashboard."""
    register_default_plugins()
    return list(lost(board, json.loads(JSONEncoder().encode(Dashboard.from_json(board)))))


def test_they_are_fresh() -> None:
    command = [sys.executable, ROOT / "tools" / "dashboards", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_grafana_knows_every_word(path: Path) -> None:
    assert misread(json.loads(path.read_text())) == []


@pytest.mark.parametrize("key", ["gridpos", "fieldconfig", "unknown"])
def test_a_word_that_grafana_does_not_know_is_found(key: str) -> None:
    board = json.loads(DASHBOARDS[0].read_text())
    board["panels"][0][key] = {"x": 1}
    assert misread(board) == [f".panels[0].{key}"]


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_panels_lie_side_by_side_and_have_names(path: Path) -> None:
    panels = json.loads(path.read_text())["panels"]
    taken = [
        (column, line)
        for panel in panels
        for grid in [panel["gridPos"]]
        for column in range(grid["x"], grid["x"] + grid["w"])
        for line in range(grid["y"], grid["y"] + grid["h"])
    ]
    assert len(taken) == len(set(taken))
    assert max(column for column, _line in taken) < 24
    assert all(panel["title"] for panel in panels)
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_nothing_is_fetched_from_elsewhere_and_no_source_is_fixed() -> None:
    for path in DASHBOARDS:
        text = path.read_text()
        assert "http" not in text
        assert {panel["datasource"]["uid"] for panel in json.loads(text)["panels"] if "datasource" in panel} == {"${source}"}
