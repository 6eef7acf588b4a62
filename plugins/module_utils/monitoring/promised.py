# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the matrix says of a server's services, as metrics beside what is so: for pictures that show both."""

from __future__ import annotations

from collections.abc import Iterator

from ..matrix.types import ACTIVE, Allocation, Matrix
from ..report.reach import logins_of
from .expose import Sample

HELPS = {
    "good_neighbor_service_info": "A service of the matrix, planned and retired ones too; always 1.",
    "good_neighbor_connection_limit": "How many connections a login or reader of a service may have.",
    "good_neighbor_latency_target_seconds": "How long the statements of a service may take on average.",
}


def samples(matrix: Matrix, name: str) -> list[Sample]:
    """The metrics of the server that the matrix calls `name`."""
    return [sample for row in matrix.on(name) for sample in _of_row(row)]


def _of_row(row: Allocation) -> Iterator[Sample]:
    labels = (("server", row.server), ("service", row.service), ("database", row.database))
    told = (("title", row.title), ("owner", row.owner), ("status", row.status), ("backup", row.backup or ""))
    yield Sample("good_neighbor_service_info", (*labels, *told), 1)
    if row.status != ACTIVE:
        return
    for role, limit in [
        *((role, row.connection_limit) for role in logins_of(row)),
        *((reader.role, reader.connection_limit) for reader in row.readers),
    ]:
        yield Sample("good_neighbor_connection_limit", (*labels, ("role", role)), limit)
    if row.latency_target_ms:
        yield Sample("good_neighbor_latency_target_seconds", labels, row.latency_target_ms / 1000)
