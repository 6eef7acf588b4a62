"""Alerts under Prometheus' own test program; the check on the engine's library, the watch on another real PostgreSQL."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from live.embedded import Server, remove, started
from live.engine.conftest import cluster, gold, library

__all__ = ["cluster", "gold", "library"]

ROOT = Path(__file__).resolve().parents[3]
MISSING = subprocess.run(
    [ROOT / "tools" / "debian-packages", "promtool:prometheus"], capture_output=True, text=True, check=False
)
if MISSING.returncode:
    if os.environ.get("CI"):
        raise RuntimeError(f"promtool cannot be had: {MISSING.stderr}")
    collect_ignore_glob = ["test_alerts.py"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line what could not run."""
    if MISSING.returncode:
        terminalreporter.write_line(f"not run: tests/live/monitoring/test_alerts.py, {MISSING.stderr.strip()}")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that counts its statements."""
    folder = tmp_path_factory.mktemp("monitoring") / "server"
    try:
        yield started(folder, counting=True)
    finally:
        remove(folder)
