"""Measures a backup beside pg_dump and age by hand, and prints the ratio. `make bench` runs it after the others.

One database of about 1 GB. In every round each runs once, one after the other, so that what else the machine does meets
both; each round gives a ratio, and the median counts. Ours also counts rows, lists, checksums, writes manifest and globals,
and flushes all to the disk. By hand: `pg_dump --format=custom | age > FILE`, and `sync FILE`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.config import Service
from live.backup.house import House
from live.postgres import ACCOUNT, IDENT, SUPERUSER_LINE, Cluster, make_data

LIMIT = 1.2
# a third each: text of words, numbers, and what does not compress
FILL = """CREATE TABLE big AS
SELECT n, n * 7 % 1000003 AS number, repeat('the quick brown fox ', 4) || n AS text,
    (SELECT string_agg(md5(random()::text || n || m), '') FROM generate_series(1, 5) m) AS noise
FROM generate_series(1, {rows}) n"""


def main() -> None:
    """Prints one line for each round, and the median."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mb", type=int, default=1000, help="size of the database")
    given = parser.parse_args()
    cluster = Cluster(Path(tempfile.mkdtemp(prefix="gn-bench-")))  # on the disk: memory may be too small
    if ACCOUNT is not None:
        os.chown(cluster.folder, ACCOUNT, ACCOUNT)
    try:
        make_data(cluster.data)
        cluster.access([SUPERUSER_LINE, "local all gn_backup peer map=backup"],
                       [IDENT, IDENT.replace("admin", "backup", 1).replace(" postgres", " gn_backup")])
        cluster.start()
        with tempfile.TemporaryDirectory() as place:
            measure(cluster, Path(place), given.mb, given.rounds)
    finally:
        cluster.remove()


def measure(cluster: Cluster, place: Path, megabytes: int, rounds: int) -> None:
    """The rounds, on a database of this size."""
    house = House(cluster, place)
    house.furnish()
    house.change(services=tuple(one for one in house.config.services if one.service == "nexus"), lock_timeout=60)
    service = house.config.services[0]
    house.sql(FILL.format(rows=megabytes * 3450), service.database)
    house.sql("ALTER TABLE big OWNER TO nexus; CHECKPOINT", service.database)
    size = house.sql("SELECT pg_database_size(current_database())", service.database)[0][0]
    print(f"a database of {size / 1e9:.2f} GB, {rounds} rounds, load {os.getloadavg()[0]:.1f}", flush=True)
    by_hand(house, service)  # warms what both read
    ratios = []
    for number in range(1, rounds + 1):
        theirs, ours = by_hand(house, service), backup(house)
        ratios.append(ours / theirs)
        print(f"round {number}: by hand {theirs:6.2f} s, backup {ours:6.2f} s, {ratios[-1]:.3f} times", flush=True)
    median = statistics.median(ratios)
    print(f"a backup takes {median:.3f} times pg_dump and age by hand (limit {LIMIT}), load {os.getloadavg()[0]:.1f}")
    if median > LIMIT:
        raise SystemExit(1)


def by_hand(house: House, service: Service) -> float:
    """Seconds."""
    target = house.folder / "by-hand.age"
    program, server = house.folder / "bin" / "pg_dump", house.server
    command = (f"set -o pipefail; '{program}' --format=custom -h '{server.folder}' -p {server.port} -U gn_backup "
               f"-d \"{service.database}\" | age -r {house.config.recipients[0]} > '{target}' && sync '{target}'")
    began = time.monotonic()
    subprocess.run(["bash", "-c", command], check=True)
    took = time.monotonic() - began
    target.unlink()
    return took


def backup(house: House) -> float:
    """Seconds."""
    began = time.monotonic()
    assert house.run(), house.said
    return time.monotonic() - began


if __name__ == "__main__":
    main()
