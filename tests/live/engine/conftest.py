"""A library (matrix.yml) on a cluster of its own, as good as new for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from live.engine import gold as gold_copy
from live.engine.gold import Gold
from live.engine.neighborhood import Neighborhood
from live.postgres import Cluster, new_folder


@pytest.fixture(scope="session")
def gold() -> Iterator[Gold]:
    """The clean copy."""
    with gold_copy.shared() as made:
        yield made


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The worker's cluster."""
    made = Cluster(new_folder())
    yield made
    made.remove()


@pytest.fixture
def library(gold: Gold, cluster: Cluster) -> Neighborhood:
    """The clean library."""
    cluster.reset(gold.folder, gold.manifest)
    return Neighborhood(cluster)
