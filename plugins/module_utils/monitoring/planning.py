# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the programs on a database host get of the matrix: what they judge by, and nothing that anybody logs in with."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from ..matrix.parse import parse
from ..matrix.place import plain
from ..matrix.secrets import without_secrets
from ..schema.files import checksum
from .config import Config
from .errors import MonitoringError

# of a row: nothing of the server is judged by these. A command that reloads a service may hold a secret of its own.
_OF_CLIENTS = ("env_files", "client_pool")
# of other servers' rows and of external servers: what may hold a secret and judges nobody here
_OF_OTHERS = (*_OF_CLIENTS, "settings", "schema_files")
_OF_SERVERS = ("api_url",)
# all that tells a service's sessions from others
_TO_WATCH = ("service", "title", "server", "database", "owner", "purpose", "status", "backup", "connection_limit", "logins",
             "readers", "latency_target_ms")
_SERVER_TO_WATCH = ("mode", "port", "max_connections", "maintenance_connections")


def for_check(servers: object, rows: Any, server: str, place: Mapping[str, str], baseline: Iterable[str],
              sources: Iterable[Mapping[str, str]]) -> Config:
    """What `check` needs. `place`: `directory`, `socket` and `role` of Config; `sources`: `path` and `content` of the schema
    files. Raises MatrixError where the matrix is wrong, MonitoringError where it has no such server."""
    known, bare = _judged(servers, rows, server)
    others = {name: _less(spec, (*_OF_SERVERS, *(("hba", "ident") if name != server else ())))
              for name, spec in known.items()}
    kept = [_less(row, _OF_CLIENTS if row["server"] == server else _OF_OTHERS) for row in bare]
    sums = {plain(source["path"]): checksum(source["content"]) for source in sources}
    return _config(server, place, others, kept, tuple(map(plain, baseline)), sums)


def for_watch(servers: object, rows: Any, server: str, place: Mapping[str, str]) -> Config:
    """What `watch` needs, and raises, in the same way: whose sessions are whose."""
    known, bare = _judged(servers, rows, server)
    kept = [{key: row[key] for key in _TO_WATCH if key in row} for row in bare if row["server"] == server]
    spec = {key: known[server][key] for key in _SERVER_TO_WATCH if key in known[server]}
    return _config(server, place, {server: spec}, kept, (), {})


def _judged(servers: object, rows: Any, server: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Servers and rows as mere JSON, once they are known to be right; the rows without passwords, whatever those are."""
    bare = [without_secrets(row) if isinstance(row, Mapping) else row for row in rows] if isinstance(rows, list) else rows
    matrix = parse(servers, bare, secrets_withheld=True)
    if server not in [spec.name for spec in matrix.servers if spec.managed]:
        raise MonitoringError(f"{server} is no managed server of good_neighbor_servers")
    known: dict[str, Any] = _mere(servers)
    return known, _mere(bare)


def _config(server: str, place: Mapping[str, str], servers: Mapping[str, Any], rows: list[dict[str, Any]],
            baseline: tuple[str, ...], sums: Mapping[str, str]) -> Config:
    words = {name: plain(place[name]) for name in ("directory", "socket", "role")}
    port = parse(servers, rows, secrets_withheld=True).server(server).port  # and what is left of the matrix is one
    return Config(server=plain(server), **words, port=port, servers=servers, rows=tuple(rows), baseline=baseline,
                  schema_files=sums)


def _less(found: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if key not in keys}


def _mere(value: Any) -> Any:
    """A value without what a templating engine has hung on it, as JSON knows it."""
    if isinstance(value, Mapping):
        return {plain(key): _mere(one) for key, one in value.items() if one is not None}
    if isinstance(value, (list, tuple)):
        return [_mere(one) for one in value]
    if isinstance(value, datetime.date):
        return value.isoformat()[:10]
    return plain(value) if isinstance(value, str) else value
