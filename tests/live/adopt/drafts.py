"""How tests adopt a cluster: the draft's file, read back as Ansible reads it, and parsed with made-up secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.adopt.text import draft_text
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.adopt.work import Wanted, adopt
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog.session import Server
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.parse import parse
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.secrets import variable_of
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.types import Allocation, Matrix
from live.postgres import Cluster

NAME = "live.example"


@dataclass
class Drafted:
    """A draft: what the module returned, and its file."""

    result: dict[str, Any]
    text: str
    existing: Mapping[str, Any] = field(default_factory=dict)

    @property
    def variables(self) -> dict[str, Any]:
        """What the file says, as Ansible reads it."""
        return dict(DataLoader().load(self.text) or {})

    @property
    def matrix(self) -> Matrix:
        """The typed matrix, with what was there before; each vaulted variable has a value of its own."""
        found = self.variables
        servers = {**self.existing.get("servers", {}), **found.get("good_neighbor_servers", {})}
        rows = [*self.existing.get("allocation", []), *found.get("good_neighbor_allocation", [])]
        return parse(servers, [_with_secrets(row) for row in rows])

    def row(self, database: str) -> Allocation:
        """The row of a database."""
        return next(row for row in self.matrix.rows if row.database == database)

    def notes(self, database: str) -> str:
        """What the draft says of a row."""
        found = next(row for row in self.result["draft"]["rows"] if row["keys"]["database"] == database)
        return "\n".join(found["notes"])

    @property
    def rules(self) -> set[str]:
        """Rules that the server breaks."""
        return {row["rule"] for row in self.result["violations"]}


def connection(cluster: Cluster, **more: Any) -> Server:
    """What the module connects through."""
    own = {"host": str(cluster.folder), "port": cluster.port, "user": "postgres", **more}
    return Server(own, "postgres")


def drafted(
    cluster: Cluster,
    *,
    servers: Mapping[str, Any] | None = None,
    allocation: Sequence[dict[str, Any]] = (),
    server: Server | None = None,
    name: str = NAME,
    **more: Any,
) -> Drafted:
    """Adopts the cluster. `servers`, `allocation`: the matrix that is there. Nothing may change on the server."""
    before = next_transaction(cluster)
    result = adopt(server or connection(cluster), Wanted(name, servers or {}, list(allocation), **more))
    assert next_transaction(cluster) == before
    text = draft_text(result["draft"], result["violations"], "/draft.yml", merged=bool(servers or allocation))
    return Drafted(result, text, {"servers": servers or {}, "allocation": list(allocation)})


def next_transaction(cluster: Cluster) -> int:
    """The id that the next transaction will get. Asking assigns none."""
    return int(sql(cluster, "SELECT pg_snapshot_xmax(pg_current_snapshot())::text")[0][0])


def sql(cluster: Cluster, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
    """The rows of statements of the superuser, each its own transaction."""
    with closing(cluster.admin(database)) as session, session.cursor() as cursor:
        for one in statement.split(";\n"):
            cursor.execute(one)
        return list(cursor.fetchall()) if cursor.description else []


def _with_secrets(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row, each `{{ vault_... }}` resolved."""

    def resolved(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: resolved(one) for key, one in value.items()}
        if isinstance(value, list):
            return [resolved(one) for one in value]
        variable = variable_of(value) if isinstance(value, str) else None
        return f"fake {sum(map(ord, variable))} Xq{hash(variable) & 0xFFFFFFF} wZ" if variable else value

    return {key: resolved(value) for key, value in row.items()}
