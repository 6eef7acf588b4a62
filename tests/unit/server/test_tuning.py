"""What a host's size gives: always within it, and never less than a server can stand on."""

from __future__ import annotations

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.server import tuning
from hypothesis import given
from hypothesis import strategies as st


def mib(value: str) -> int:
    """The number of a value in MB."""
    assert value.endswith("MB")
    return int(value[:-2])


@given(st.integers(10, 2000), st.integers(0, 2_000_000))
def test_all_connections_at_once_fit_into_memory(connections: int, more: int) -> None:
    total = tuning.least_memory(connections) + more
    found = {name: mib(value) for name, value in tuning.memory(total, connections).items()}
    assert found["shared_buffers"] >= 128
    sorting = 2 * connections * found["work_mem"]
    rest = total - found["shared_buffers"] - 3 * found["maintenance_work_mem"] - connections * tuning.CONNECTION
    assert found["work_mem"] == tuning.LEAST_WORK or sorting <= rest
    assert found["shared_buffers"] <= found["effective_cache_size"] <= total


@given(st.integers(1, 512))
def test_one_query_leaves_processors_to_others(processors: int) -> None:
    found = {name: int(value) for name, value in tuning.parallelism(processors).items()}
    assert found["max_parallel_workers_per_gather"] <= processors // 2
    assert found["max_parallel_workers"] <= found["max_worker_processes"]


@given(st.integers(3000, 50_000_000))
def test_the_log_never_takes_more_than_a_third_of_the_disk(disk: int) -> None:
    found = {name: mib(value) for name, value in tuning.wal(disk).items()}
    assert found["max_wal_size"] + found["max_slot_wal_keep_size"] <= disk * 0.31
    assert 32 <= found["min_wal_size"] <= found["max_wal_size"]  # two segments are the least that the server takes


@pytest.mark.parametrize(("total", "shared", "work"), [
    (2000, "500MB", "1MB"), (8000, "2000MB", "13MB"), (64_000, "16000MB", "64MB")])
def test_usual_hosts(total: int, shared: str, work: str) -> None:
    found = tuning.memory(total, 150)
    assert (found["shared_buffers"], found["work_mem"]) == (shared, work)
