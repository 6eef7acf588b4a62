"""Measures a backup beside pg_dump and age by hand, and prints the ratio. `make bench` runs it after the others.

One database of about 1 GB. In every round each runs once, one after the other, so that what else the machine does meets
both; each round gives a ratio, and the median counts. Ours also counts rows, lists, checksums, writes manifest and globals,
and flushes all to the disk. By hand: `pg_dump --format=custom | age > FILE`, and `sync FILE`.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path

from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.config import Service
from gigabyte import compare, fill, new_cluster, options
from live.backup.house import House
from live.postgres import IDENT, SUPERUSER_LINE, Cluster


def main() -> None:
    """Prints one line for each round, and the median."""
    given = options(__doc__)
    with new_cluster() as cluster, tempfile.TemporaryDirectory() as place:
        cluster.access([SUPERUSER_LINE, "local all gn_backup peer map=backup"],
                       [IDENT, IDENT.replace("admin", "backup", 1).replace(" postgres", " gn_backup")])
        cluster.start()
        measure(cluster, Path(place), given.mb, given.rounds)


def measure(cluster: Cluster, place: Path, megabytes: int, rounds: int) -> None:
    """The rounds, on a database of this size."""
    house = House(cluster, place)
    house.furnish()
    house.change(services=tuple(one for one in house.config.services if one.service == "nexus"), lock_timeout=60)
    service = house.config.services[0]
    house.sql(fill(megabytes), service.database)
    house.sql("ALTER TABLE big OWNER TO nexus; CHECKPOINT", service.database)
    size = house.sql("SELECT pg_database_size(current_database())", service.database)[0][0]
    by_hand(house, service)  # warms what both read
    compare("backup", "pg_dump and age by hand", size, rounds, lambda _number: (by_hand(house, service), backup(house)))


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
