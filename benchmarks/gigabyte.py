"""What the comparisons on a database of about 1 GB share: options, rows, a cluster on the disk, rounds and their median."""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from live.postgres import ACCOUNT, Cluster, make_data

LIMIT = 1.2
# a third each: text of words, numbers, and what does not compress
_FILL = """CREATE TABLE big AS
SELECT n, n * 7 % 1000003 AS number, repeat('the quick brown fox ', 4) || n AS text,
    (SELECT string_agg(md5(random()::text || n || m), '') FROM generate_series(1, 5) m) AS noise
FROM generate_series(1, {rows}) n"""


def options(about: str | None) -> argparse.Namespace:
    """`rounds` and `mb`, the size of the database, from the command line."""
    parser = argparse.ArgumentParser(description=(about or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mb", type=int, default=1000, help="size of the database")
    return parser.parse_args()


def fill(megabytes: int) -> str:
    """The statement that makes the table `big`."""
    return _FILL.format(rows=megabytes * 3450)


@contextmanager
def new_cluster() -> Iterator[Cluster]:
    """One that is not started yet, and is gone when the block ends. On the disk: memory may be too small."""
    cluster = Cluster(Path(tempfile.mkdtemp(prefix="gn-bench-")))
    if ACCOUNT is not None:
        os.chown(cluster.folder, ACCOUNT, ACCOUNT)
    try:
        make_data(cluster.data)
        yield cluster
    finally:
        cluster.remove()


def compare(what: str, against: str, size: int, rounds: int, both: Callable[[int], tuple[float, float]]) -> None:
    """Prints one line for each round and the median; status 1 where that is above the limit. `size` of the database in
    bytes; `both` takes the number of a round and yields the seconds by hand and ours."""
    print(f"a database of {size / 1e9:.2f} GB, {rounds} rounds, load {os.getloadavg()[0]:.1f}", flush=True)
    ratios = []
    for number in range(1, rounds + 1):
        theirs, ours = both(number)
        ratios.append(ours / theirs)
        print(f"round {number}: by hand {theirs:6.2f} s, {what} {ours:6.2f} s, {ratios[-1]:.3f} times", flush=True)
    median = statistics.median(ratios)
    print(f"a {what} takes {median:.3f} times {against} (limit {LIMIT}), load {os.getloadavg()[0]:.1f}")
    if median > LIMIT:
        raise SystemExit(1)
