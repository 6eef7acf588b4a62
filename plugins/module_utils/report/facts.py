# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a report is made of: the matrix, and what was read on each of its servers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..audit_text import Command
from ..matrix.types import Matrix

Row = Mapping[str, Any]


@dataclass(frozen=True)
class ServerFacts:
    """One server, read just now: what allocation_info (`judged`), health_info (`health`) and report_info (`more`)
    returned, and how `site` would be called for it."""

    judged: Row
    health: Row
    more: Row
    command: Command = field(default_factory=Command)


@dataclass(frozen=True)
class Facts:
    """`servers`: those that were read, by name; a managed one that is missing could not be. `samples`: the metrics that
    backups and drills have left (name, labels, value), from all hosts that were asked."""

    matrix: Matrix
    servers: Mapping[str, ServerFacts]
    samples: Sequence[Row] = ()

    @property
    def managed(self) -> list[str]:
        """The servers that the collection looks after."""
        return [server.name for server in self.matrix.servers if server.managed]

    @property
    def read_at(self) -> str:
        """When the last of them was read: UTC, ISO 8601 to the minute; empty where none was."""
        return max((facts.more["read_at"] for facts in self.servers.values()), default="")

    def databases(self) -> dict[tuple[str, str], Row]:
        """What was observed of each database, by server and name. A server returns the rows of all others too."""
        elsewhere = {row.service: row.server for row in self.matrix.rows}
        return {
            (name, row["database"]): row
            for name, facts in self.servers.items()
            for row in facts.judged["databases"]
            if elsewhere.get(row["service"], name) == name
        }
