"""Somebody changes things by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hosts.changes import CHANGES, Change, is_right, make, name

testinfra_hosts = ["ansible://good_neighbor"]


@pytest.mark.parametrize("change", CHANGES, ids=name)
def test_somebody_changes(host: Any, change: Change) -> None:
    assert is_right(host, change)
    make(host, change)
    assert not is_right(host, change)
