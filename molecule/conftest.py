"""What the tests of all scenarios share."""

from __future__ import annotations

from complete import pytest_sessionfinish, pytest_terminal_summary

__all__ = ["pytest_sessionfinish", "pytest_terminal_summary"]
