"""Where CI is set, a skipped test is a failed run, for nobody reads there what was left out."""

from __future__ import annotations

import os

import pytest

LEFT_OUT = ("skipped", "xfailed", "xpassed")


def left_out(config: pytest.Config) -> list[pytest.TestReport]:
    """The reports of tests that did not really run; empty in the worker processes of xdist, which report nothing."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return [report for outcome in LEFT_OUT for report in reporter.stats.get(outcome, [])] if reporter else []


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run if CI is set and a test was left out."""
    if os.environ.get("CI") and left_out(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say so, test by test."""
    if os.environ.get("CI"):
        for report in left_out(config):
            terminalreporter.write_line(f"FAILED, for CI leaves no test out: {report.nodeid}", red=True)
