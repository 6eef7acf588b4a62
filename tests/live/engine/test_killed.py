"""kill -9 of a run before each thing that it asks of the server: the next run ends what it began, nothing is done twice.

Here every seventh moment of what a server made by hand needs, and every one of a run that applies schema files;
`make prove` dies at all of them. The moments in which a run only reads change nothing: they are left out.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema.files import SchemaFile
from live.engine.cases import told
from live.engine.deaths import dies, last_moment
from live.engine.gold import Gold
from live.engine.neighborhood import SOURCES, Neighborhood
from live.engine.rightful import works
from live.engine.test_every_moment import ROADS
from live.postgres import Cluster

STEP = 1 if "GN_PROVE" in os.environ else 7
READS = 50  # a run asks for more than that before it changes anything
RUNS = tuple(SchemaFile(path, f"CREATE TABLE IF NOT EXISTS runs (path text);\nINSERT INTO runs VALUES ('{path}');\n")
             for path in ("schemas/loans/002.sql", "schemas/loans/003.sql"))


def assert_converges(make: Callable[[], Neighborhood], step: int, check: Callable[[Neighborhood], None]) -> int:
    """Killed at each `step`-th moment, in a world that `make` makes anew, the next run ends it, and the one after it is
    silent. How many times it was killed."""
    last, met = last_moment(make()), 0
    for moment in range(READS, last + 1, step):
        library = make()
        met += dies(library, moment)
        done = library.enforce()
        assert done["compliant"], (moment, told(done), done["notes"])
        assert library.enforce()["statements"] == [], moment
        check(library)
    assert met > (last - READS) // (step + 1)  # threads may ask for one thing more, or less
    return met


def test_each_schema_file_runs_once(gold: Gold, cluster: Cluster) -> None:
    def make() -> Neighborhood:
        cluster.reset(gold.folder, gold.manifest)
        library = Neighborhood(cluster)
        library.sources = {"loans": (*SOURCES, *RUNS)}
        return library

    def check(library: Neighborhood) -> None:
        paths = [(file.path,) for file in (*SOURCES, *RUNS)]
        assert library.sql("SELECT path FROM runs ORDER BY 1", "loans") == paths[len(SOURCES):]
        records = "SELECT path FROM good_neighbor.schema_file WHERE state = 'applied' ORDER BY 1"
        assert library.sql(records, "loans") == paths

    assert_converges(make, 1, check)


@pytest.mark.parametrize("typed", ROADS.values(), ids=ROADS)
def test_from_a_server_made_by_hand(gold: Gold, cluster: Cluster, typed: list[dict[str, str]]) -> None:
    """The rightful logins can do in the end what they could before."""
    def make() -> Neighborhood:
        cluster.reset(gold.folder, gold.manifest)
        library = Neighborhood(cluster)
        for line in typed:
            library.sql(line["sql"], line["db"])
        return library

    cluster.reset(gold.folder, gold.manifest)
    right = works(Neighborhood(cluster))

    def check(library: Neighborhood) -> None:
        left = works(library)
        assert right <= left, right - left

    print(assert_converges(make, STEP, check), "times killed")
