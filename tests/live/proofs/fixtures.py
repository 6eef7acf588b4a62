"""The server as it was made by hand, and as `site` makes it, as good as new for each test."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from live.postgres import listing, new_folder
from live.proofs import plays
from live.proofs.house import House, make_by_hand, temporary_house


@dataclass(frozen=True)
class Gold:
    """The data of a server that was ended, and what its files are like."""

    data: Path
    manifest: dict[str, tuple[int, int]]


@pytest.fixture(scope="session")
def by_hand() -> Iterator[Gold]:
    """The server as somebody typed it."""
    folder = new_folder()
    make_by_hand(folder / "data")
    yield Gold(folder / "data", listing(folder / "data"))
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def worker_house() -> Iterator[House]:
    """The worker's cluster."""
    with temporary_house() as house:
        yield house


@pytest.fixture(scope="session")
def furnished(worker_house: House, by_hand: Gold) -> Iterator[Gold]:
    """The server as one run of `site` makes it of the one made by hand; settings files stay with the worker's cluster."""
    worker_house.reset(by_hand.data, by_hand.manifest)
    worker_house.access()
    played = plays.site(worker_house)
    assert played.status == 0, played.output
    worker_house.stop(signal.SIGINT)
    (worker_house.data / "postmaster.opts").unlink()
    folder = new_folder()
    shutil.move(worker_house.data, folder / "data")
    yield Gold(folder / "data", listing(folder / "data"))
    shutil.rmtree(folder)


@pytest.fixture
def house(worker_house: House, by_hand: Gold) -> House:
    """The server as it was made by hand."""
    worker_house.reset(by_hand.data, by_hand.manifest)
    worker_house.access()
    return worker_house


@pytest.fixture
def tidy(worker_house: House, furnished: Gold) -> House:
    """The server as `site` makes it, with the settings files of its services."""
    worker_house.reset(furnished.data, furnished.manifest)
    return worker_house
