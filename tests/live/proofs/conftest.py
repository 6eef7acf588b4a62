"""The server as it was made by hand, and as `site` makes it, as good as new for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from live.postgres import listing, new_folder
from live.proofs.house import House, make_by_hand, temporary_house


@pytest.fixture(scope="session")
def by_hand() -> Iterator[Path]:
    """The data of the server that was made by hand."""
    folder = new_folder()
    make_by_hand(folder / "data")
    yield folder / "data"
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def worker_house() -> Iterator[House]:
    """The worker's cluster."""
    with temporary_house() as house:
        yield house


@pytest.fixture
def house(worker_house: House, by_hand: Path) -> House:
    """The server as it was made by hand."""
    worker_house.reset(by_hand, listing(by_hand))
    worker_house.access()
    return worker_house
