# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the matrix and the role's variables mean for one database host: pure, on the controller, before a host is touched."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote

from ..matrix.parse import parse
from ..matrix.types import ACTIVE, Allocation, ServerSpec, SystemRole
from ..matrix import uses

USE, STATISTICS = "monitoring", "pg_stat_statements"
QUERIES = "/etc/good_neighbor/exporter.yml"
OWN_CONNECTIONS = 4  # the watch, and the exporter's in the database postgres: 3, as docs/decisions/monitoring.md measures
MAINTENANCE = "postgres"
_ACCOUNT = r"[a-z_][a-z0-9_-]{0,30}"
# The exporter cuts its list of databases at commas, and its own name of a server at blanks
_TELLABLE = r"[A-Za-z0-9_.-]+"
# What a service's owner stores as settings of the database must not reach these sessions: what a client asks for wins.
# https://www.postgresql.org/docs/current/runtime-config-client.html
SESSION = {"sslmode": "disable", "application_name": "prometheus-postgres-exporter", "search_path": "pg_catalog",
           "default_transaction_read_only": "on", "statement_timeout": "5000", "lock_timeout": "500",
           "idle_session_timeout": "0", "jit": "off"}


@dataclass(frozen=True)
class Wishes:
    """The role's variables. `acts`: whether this run may change the host. `watch_every`: in seconds."""

    enabled: bool
    acts: bool
    address: str
    postgres_port: int
    node_port: int
    tables: bool
    collectors: tuple[str, ...]
    watch_every: int
    metrics: str
    socket: str


def plan(servers: object, allocation: object, server: str, wishes: Wishes) -> dict[str, Any]:
    """What the tasks need to know, as JSON without secrets: problems, the role in PostgreSQL, the exporters' arguments.

    Raises MatrixError where the matrix is wrong, GoodNeighborError where it does not know the server.
    """
    matrix = parse(servers, allocation, secrets_withheld=True)
    spec, role, login = uses.login(matrix, server, USE)
    rows = [row for row in matrix.on(server) if row.status == ACTIVE]
    asked = sorted(row.database for row in rows) if wishes.tables else []
    return {
        "problems": _problems(spec, role, rows, wishes) if wishes.enabled else [],
        "acts": wishes.enabled and wishes.acts and spec.managed,
        "remark": _remark(server, wishes),
        **login,
        "databases": asked,
        "source": _source(role.role, spec.port, wishes.socket) if role else "",
        "postgres_arguments": _postgres_arguments(asked, wishes),
        "node_arguments": _node_arguments(wishes),
    }


def node_plan(wishes: Wishes) -> dict[str, Any]:
    """What the tasks need to know of a host of drills: its node exporter, which tells of the drills."""
    return {
        "problems": _of_the_addresses(wishes) if wishes.enabled else [],
        "acts": wishes.enabled and wishes.acts,
        "remark": "",
        "node_arguments": _node_arguments(wishes),
    }


def older(service: Mapping[str, Any], times: Sequence[str], written: Sequence[Mapping[str, Any]] = ()) -> bool:
    """Whether a service was started before one of its files was written: a run may have been killed between the two.

    `service`: its `mark`, which is made anew at each start, and its `files`. `times`: what `find -printf '%T@ %p\\n'` said
    of those that are there. `written`: results of tasks that write files, by `item.dest`; check mode knows by them alone.
    """
    if any(one["changed"] and one["item"]["dest"] in service["files"] for one in written):
        return True
    found = {path: float(time) for time, path in (line.split(" ", 1) for line in times)}
    mark = found.get(service["mark"])
    return mark is None or any(found.get(path, -1.0) >= mark for path in service["files"])


def _source(role: str, port: int, socket: str) -> str:
    """The exporter's URL of the server: over the socket, as the account of the same name, without a password.

    The host is a parameter and not in its place, where a folder cannot stand; the port stands there, for the exporter puts
    other databases' names behind it. https://pkg.go.dev/github.com/lib/pq#hdr-Connection_String_Parameters
    """
    words = "&".join(f"{name}={quote(value, safe='/')}" for name, value in {"host": socket, **SESSION}.items())
    return f"postgresql://{quote(role, safe='')}@:{port}/{MAINTENANCE}?{words}"


def _postgres_arguments(databases: Sequence[str], wishes: Wishes) -> list[str]:
    found = [f"--web.listen-address={_listen(wishes.address, wishes.postgres_port)}"]
    if databases:
        found += ["--auto-discover-databases", f"--include-databases={','.join(databases)}",
                  f"--extend.query-path={QUERIES}"]
    return found


def _node_arguments(wishes: Wishes) -> list[str]:
    return [f"--web.listen-address={_listen(wishes.address, wishes.node_port)}", "--collector.disable-defaults",
            "--collector.textfile", f"--collector.textfile.directory={wishes.metrics}",
            *(f"--collector.{name}" for name in wishes.collectors if name != "textfile")]


def _listen(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _remark(server: str, wishes: Wishes) -> str:
    if not wishes.enabled:
        return f"{server}: monitoring is not set up, for monitoring_enabled is false; what is there is left as it is"
    return "" if wishes.acts else f"{server}: monitoring is left as it is: the mode is audit, or the host is not ours"


def _problems(spec: ServerSpec, role: SystemRole | None, rows: Sequence[Allocation], wishes: Wishes) -> list[str]:
    return [*_of_the_role(spec, role, len(rows), wishes), *_of_the_statistics(spec), *_of_the_addresses(wishes),
            *_of_the_names(rows, wishes)]


def _of_the_role(spec: ServerSpec, role: SystemRole | None, services: int, wishes: Wishes) -> list[str]:
    needed = OWN_CONNECTIONS + (services if wishes.tables else 0)
    if role is None:
        entry = f"{{role: gn_monitor, use: monitoring, connection_limit: {needed}, client_addresses: [local]}}"
        return [f"server {spec.name}: none of its system_roles has use: monitoring; write {entry}"]
    found = []
    if "local" not in role.client_addresses:
        found.append(f"server {spec.name}: {role.role} comes in over the socket; write client_addresses: [local]")
    if (role.connection_limit or 0) < needed:
        each = f", and one for each of {services} services, whose tables are asked for" if wishes.tables else ""
        out = " or monitoring_tables: false" if wishes.tables else ""
        found.append(f"server {spec.name}: {role.role} needs {needed} connections ({OWN_CONNECTIONS} of its own{each}) and "
                     f"has {role.connection_limit}; write connection_limit: {needed}{out}")
    if not re.fullmatch(_ACCOUNT, role.role):
        found.append(f"server {spec.name}: an account of the host cannot be called {role.role}, which the exporter needs; "
                     "use gn_monitor")
    return found


def _of_the_statistics(spec: ServerSpec) -> list[str]:
    if STATISTICS in spec.extensions:
        return []
    return [f"server {spec.name}: slow statements and targets of latency are counted by {STATISTICS}; write "
            f"extensions: [{', '.join([*spec.extensions, STATISTICS])}]"]


def _of_the_addresses(wishes: Wishes) -> list[str]:
    found = []
    try:
        ip_address(wishes.address)
    except ValueError:
        found.append(f"monitoring_address: {wishes.address!r} is no address of the host; write one, such as 127.0.0.1")
    for name in ("postgres_port", "node_port"):
        if not 1 <= getattr(wishes, name) <= 65535:
            found.append(f"monitoring_{name}: write a number from 1 to 65535")
    if wishes.postgres_port == wishes.node_port:
        found.append("monitoring_postgres_port and monitoring_node_port are the same: write two")
    if wishes.watch_every < 5:
        found.append("monitoring_watch_every: write a number of at least 5 (seconds)")
    if not re.fullmatch(r"/[A-Za-z0-9_./-]+", wishes.metrics):
        found.append("monitoring_metrics: write the path of a folder, without blanks")
    found += [f"monitoring_collectors: {name!r} is no name of a collector" for name in wishes.collectors
              if not re.fullmatch(r"[a-z][a-z0-9_]*", name)]
    return found


def _of_the_names(rows: Sequence[Allocation], wishes: Wishes) -> list[str]:
    if not wishes.tables:
        return []
    return [f"service {row.service}: the exporter cannot be told of a database called {row.database!r}; write "
            "monitoring_tables: false" for row in rows if not re.fullmatch(_TELLABLE, row.database)]
