"""Measures a drill beside pg_restore by hand, and prints the ratio. `make bench` runs it after the others.

One database of about 1 GB, whose backup lies encrypted. In every round each runs once, in turns before and after the
other; a round gives a ratio, and the median counts. Ours also copies its empty cluster, lists, checksums, counts rows,
compares, looks for damage with pg_amcheck, and removes all. By hand: `age --decrypt | pg_restore` into an empty database
of a cluster that is there and has the drill's settings.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

from gigabyte import compare, fill, new_cluster, options
from live.backup.drilling import DrillHost
from live.backup.restoring import HBA, SERVER, House, furnish, new_house
from live.backup.restoring import fill as filled
from live.postgres import Cluster, programs

CALM = 61.0  # seconds
SETTINGS = {"fsync": "off", "full_page_writes": "off", "wal_level": "minimal", "max_wal_senders": "0", "autovacuum": "off",
            "maintenance_work_mem": "256MB", "max_wal_size": "4GB", "log_statement": "none", "shared_buffers": "128MB"}


def main() -> None:
    """Prints one line for each round, and the median."""
    given = options(__doc__)
    with new_cluster() as cluster, tempfile.TemporaryDirectory() as place:
        cluster.settings.update(SETTINGS)
        cluster.access(HBA)
        cluster.start()
        measure(cluster, Path(place), given.mb, given.rounds)


def measure(cluster: Cluster, place: Path, megabytes: int, rounds: int) -> None:
    """The rounds, on a database of this size."""
    place.chmod(0o755)
    furnish(cluster)
    filled(cluster, "shop", [fill(megabytes), "ALTER TABLE big ADD PRIMARY KEY (n)"])
    house = new_house(cluster, place)
    name = house.save(hours=1)
    size = house.query("SELECT pg_database_size('shop')")[0][0]
    host = DrillHost(house, place / "drill")
    drill(host)  # makes the empty cluster that is kept

    def both(number: int) -> tuple[float, float]:
        calm()
        if number % 2:
            return by_hand(house, name), drill(host)
        ours = drill(host)
        return by_hand(house, name), ours

    try:
        compare("drill", "pg_restore by hand", size, rounds, both)
    finally:
        host.remove()


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
