"""A bare cluster, as good as new for each test; the library and the house of the other tests."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from live.adopt.contact import Contact
from live.engine.conftest import cluster, gold, library
from live.postgres import SUPERUSER_LINE, Cluster, listing, make_data, new_folder
from live.proofs.fixtures import Gold, by_hand, furnished, house, tidy, worker_house
from live.proofs.house import House

__all__ = ["by_hand", "cluster", "furnished", "gold", "house", "library", "tidy", "worker_house"]

DOORS = (SUPERUSER_LINE, "local all all trust", "host all all 127.0.0.0/8 scram-sha-256")


@pytest.fixture(scope="session")
def fresh() -> Iterator[Gold]:
    """The data that initdb makes."""
    made = Cluster(new_folder())
    make_data(made.data)
    made.access(DOORS)
    made.start()
    made.stop(signal.SIGINT)
    (made.data / "postmaster.opts").unlink()
    yield Gold(made.data, listing(made.data))
    shutil.rmtree(made.folder)


@pytest.fixture
def bare(cluster: Cluster, fresh: Gold) -> Cluster:
    """A server on which nobody has typed anything."""
    cluster.reset(fresh.data, fresh.manifest)
    cluster.access(DOORS)
    return cluster


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """An inventory folder with nothing but its hosts in it."""
    folder = tmp_path / "inventory"
    folder.mkdir()
    return folder


@pytest.fixture
def contact(house: House, inventory: Path) -> Contact:
    """First contact with the server made by hand."""
    return Contact(house, inventory)
