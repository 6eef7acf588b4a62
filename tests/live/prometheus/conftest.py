"""Prometheus and the exporters of both Debian releases, beside one real PostgreSQL."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest
from live.embedded import Server, remove, started

from .world import ROLE, ROOT, SUITES, Exporters, exporters, furnish, with_its_files

MISSING = [
    done.stderr.strip()
    for suite in SUITES
    for done in [subprocess.run([ROOT / "tools" / "exporters", suite], capture_output=True, text=True, check=False)]
    if done.returncode
]
if MISSING:
    if os.environ.get("CI"):
        raise RuntimeError(MISSING[0])
    collect_ignore_glob = ["test_metric_names.py", "test_rules_run.py", "test_files.py", "test_notices.py"]
elif subprocess.run([*with_its_files(SUITES[0]), "true"], capture_output=True, check=False).returncode:
    if os.environ.get("CI"):
        raise RuntimeError("a mount namespace cannot be made")
    MISSING = ["a mount namespace cannot be made: test_notices.py"]
    collect_ignore_glob = ["test_notices.py"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line what could not run."""
    if MISSING:
        terminalreporter.write_line(f"not run: tests of tests/live/prometheus, {MISSING[0]}")


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with two services, which the role that monitors may enter."""
    folder = tmp_path_factory.mktemp("prometheus") / "server"
    try:
        server = started(folder, ["local all postgres scram-sha-256", f"local all {ROLE} trust"], counting=True)
        furnish(server)
        yield server
    finally:
        remove(folder)


@pytest.fixture(scope="session", params=SUITES)
def told(
    request: pytest.FixtureRequest, watched: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Exporters]]:
    """A Debian release, and its exporters at work."""
    with exporters(watched, request.param, tmp_path_factory.mktemp(request.param)) as found:
        yield request.param, found
