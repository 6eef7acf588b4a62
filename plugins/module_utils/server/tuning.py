# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Memory, parallelism and sizes of the write-ahead log, from what the host has.

Every value is one that the server takes on a host of that size; what a service needs beyond it is a setting of its row or
of `postgresql_server_settings`. All sizes in MiB.
https://www.postgresql.org/docs/current/runtime-config-resource.html
"""

from __future__ import annotations

GIB = 1024
LEAST_SHARED, LEAST_WORK = 128, 1
SYSTEM = 256  # for the kernel, systemd, SSH
CONNECTION = 3  # one idle backend: its stack, catalog caches and its share of the page tables


def least_memory(max_connections: int) -> int:
    """The memory with which a server of that many connections can stand: each with the smallest work_mem in use."""
    return SYSTEM + LEAST_SHARED + max_connections * (CONNECTION + LEAST_WORK)


def memory(total: int, max_connections: int) -> dict[str, str]:
    """Settings of memory. A quarter is PostgreSQL's own cache: it reads through the kernel's too."""
    shared = _between(LEAST_SHARED, total // 4, 16 * GIB)
    maintenance = _between(64, total // 20, 1 * GIB)
    # sorts and hash tables of all connections at once, two each, fit into what is left, but for three autovacuum workers
    left = total - SYSTEM - shared - 3 * maintenance - max_connections * CONNECTION
    work = _between(LEAST_WORK, left // (2 * max_connections), 64)
    return {
        "shared_buffers": f"{shared}MB",
        "effective_cache_size": f"{max(shared, total * 3 // 4)}MB",
        "maintenance_work_mem": f"{maintenance}MB",
        "work_mem": f"{work}MB",
    }


def parallelism(processors: int) -> dict[str, str]:
    """How many processes may help: as many as there are processors, and one query never takes more than half."""
    helpers = _between(0, processors // 2, 4)
    return {
        "max_worker_processes": str(max(8, processors + 4)),  # autovacuum's launcher, replication and extensions take some
        "max_parallel_workers": str(processors),
        "max_parallel_workers_per_gather": str(helpers),
        "max_parallel_maintenance_workers": str(helpers),
    }


def wal(disk: int) -> dict[str, str]:
    """Sizes of the write-ahead log on a disk of that size: a tenth between checkpoints, never more than 16 GiB.

    A replica that is gone may hold back as much again, and then loses its slot: better than a full disk for everybody.
    """
    most = _between(256, disk // 10, 16 * GIB)
    return {
        "max_wal_size": f"{most}MB",
        "min_wal_size": f"{max(80, most // 4)}MB",
        "max_slot_wal_keep_size": f"{most * 2}MB",
    }


def _between(least: int, value: int, most: int) -> int:
    return max(least, min(value, most))
