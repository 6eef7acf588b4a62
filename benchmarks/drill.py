"""Measures a drill beside pg_restore by hand, and prints the ratio. `make bench` runs it after the others.

One database of about 1 GB, whose backup lies encrypted. In every round each runs once, in turns before and after the
other; a round gives a ratio, and the median counts. Ours also copies its empty cluster, lists, checksums, counts rows,
compares, looks for damage with pg_amcheck, and removes all. By hand: `age --decrypt | pg_restore` into an empty database
of a cluster that is there and has the drill's settings.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from live.backup.drilling import DrillHost
from live.backup.restoring import HBA, SERVER, House, fill, furnish, new_house
from live.postgres import ACCOUNT, Cluster, make_data, programs

LIMIT = 1.2
CALM = 61.0  # seconds
# a third each: text of words, numbers, and what does not compress
FILL = """CREATE TABLE big AS
SELECT n, n * 7 % 1000003 AS number, repeat('the quick brown fox ', 4) || n AS text,
    (SELECT string_agg(md5(random()::text || n || m), '') FROM generate_series(1, 5) m) AS noise
FROM generate_series(1, {rows}) n"""
SETTINGS = {"fsync": "off", "full_page_writes": "off", "wal_level": "minimal", "max_wal_senders": "0", "autovacuum": "off",
            "maintenance_work_mem": "256MB", "max_wal_size": "4GB", "log_statement": "none", "shared_buffers": "128MB"}


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
        cluster.settings.update(SETTINGS)
        cluster.access(HBA)
        cluster.start()
        with tempfile.TemporaryDirectory() as place:
            measure(cluster, Path(place), given.mb, given.rounds)
    finally:
        cluster.remove()


def measure(cluster: Cluster, place: Path, megabytes: int, rounds: int) -> None:
    """The rounds, on a database of this size."""
    place.chmod(0o755)
    furnish(cluster)
    fill(cluster, "shop", [FILL.format(rows=megabytes * 3450), "ALTER TABLE big ADD PRIMARY KEY (n)"])
    house = new_house(cluster, place)
    name = house.save(hours=1)
    size = house.query("SELECT pg_database_size('shop')")[0][0]
    print(f"a database of {size / 1e9:.2f} GB, {rounds} rounds, load {os.getloadavg()[0]:.1f}", flush=True)
    host = DrillHost(house, place / "drill")
    ratios = []
    try:
        for number in range(1, rounds + 1):
            calm()
            if number % 2:
                theirs, ours = by_hand(house, name), drill(host)
            else:
                ours, theirs = drill(host), by_hand(house, name)
            ratios.append(ours / theirs)
            print(f"round {number}: by hand {theirs:6.2f} s, drill {ours:6.2f} s, {ratios[-1]:.3f} times", flush=True)
    finally:
        host.remove()
    median = statistics.median(ratios)
    print(f"a drill takes {median:.3f} times pg_restore by hand (limit {LIMIT}), load {os.getloadavg()[0]:.1f}")
    if median > LIMIT:
        raise SystemExit(1)


def calm() -> None:
    """What came before is in nobody's way: it is written, and the minute is over in which ext4 makes files slowly because
    many were removed. A drill comes once a day."""
    os.sync()
    time.sleep(CALM)


def by_hand(house: House, name: str) -> float:
    """Seconds."""
    house.query("CREATE DATABASE hand TEMPLATE template0")
    key = house.folder / "key"
    key.write_text(house.secret)
    dump = next(house.folder.glob(f"{SERVER}/shop/{name}")) / "dump.age"
    command = (f"set -o pipefail; age -d -i '{key}' '{dump}' | '{programs()[1]}/pg_restore' --no-owner --exit-on-error "
               f"-h '{house.cluster.folder}' -p {house.cluster.port} -U postgres -d hand")
    began = time.monotonic()
    subprocess.run(["bash", "-c", command], check=True)
    took = time.monotonic() - began
    house.query("DROP DATABASE hand")
    os.sync()
    return took


def drill(host: DrillHost) -> float:
    """Seconds."""
    began = time.monotonic()
    assert host.run() == 0, host.said
    took = time.monotonic() - began
    os.sync()
    return took


if __name__ == "__main__":
    main()
