# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is sent to a host: the task's arguments once they are known to be right, less the secrets of everybody else.

Knows nothing of Ansible's own classes, so that it can be tested without a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..module_utils.errors import MatrixError, Problem
from ..module_utils.matrix.parse import parse
from ..module_utils.matrix.place import Place, hint, listed, plain, quoted, shown
from ..module_utils.matrix.secrets import without_secrets
from ..module_utils.matrix.types import ACTIVE
from .schema_sources import declared, read_all

NAMES_OF_ROWS = ("services", "baseline")  # options that list services


def prepared(arguments: Mapping[str, Any], playbook: Path, *, secrets_withheld: bool = False) -> dict[str, Any]:
    """The module's arguments for one server: the same, with `schema_sources`, and with no password but those of its own
    active rows.

    Raises MatrixError with everything that is wrong with the matrix, with what the task says of it, and with its
    schema files (looked for beside `playbook`, the folder of the playbook, and in the collection).
    """
    servers, server = arguments.get("servers"), arguments.get("server")
    rows: Any = arguments.get("allocation")
    problems: list[Problem] = []
    try:
        parse(servers, rows, secrets_withheld=secrets_withheld)
    except MatrixError as error:
        problems += error.problems
    task = Place("this task", "", problems)
    _check_server(task.at("server"), server, servers)
    for option in NAMES_OF_ROWS:
        _check_services(task.at(option), arguments.get(option), rows)
    sources = read_all(declared(rows, {ACTIVE}, server), playbook, problems)
    if problems:
        raise MatrixError(problems)
    return {**arguments, "allocation": only_own_secrets(rows, server), "schema_sources": sources}


def check_hosts(hosts: Mapping[str, object], servers: object, problems: list[Problem]) -> None:
    """Adds a problem for each host that is no managed server: `hosts` maps its name to the server's."""
    for host, server in hosts.items():
        key = "good_neighbor_server" if server != host else "in group good_neighbor"
        _check_server(Place(f"host {shown(host)}", key, problems), server, servers)


def only_own_secrets(rows: Iterable[Mapping[Any, Any]], server: object) -> list[Mapping[Any, Any]]:
    """Raw rows, with no password left but those of the active rows of `server`: nobody else's are needed there."""
    return [
        row if row.get("server") == server and row.get("status") == ACTIVE else without_secrets(row) for row in rows
    ]


def _check_server(place: Place, server: object, servers: object) -> None:
    if not isinstance(servers, Mapping):
        return  # told already
    known = [plain(name) for name in servers if isinstance(name, str)]
    if not isinstance(server, str) or server not in servers:
        wrong = "is missing" if server is None else f"{quoted(server)} is none of good_neighbor_servers"
        place.wrong(wrong, f"write {listed(known, 'or') if known else 'one of them'}{hint(server, known)}")
    elif isinstance(servers[server], Mapping) and servers[server].get("managed") is False:
        place.wrong(f"{quoted(server)} is not managed: it is external, and never touched", "write a managed server")


def _check_services(place: Place, names: object, rows: object) -> None:
    if not isinstance(names, Sequence) or isinstance(names, str) or not isinstance(rows, (list, tuple)):
        return  # none named, or the module's own argument check tells
    services = [row.get("service") for row in rows if isinstance(row, Mapping)]
    known = [plain(service) for service in services if isinstance(service, str)]
    for name in names:
        if name not in known:
            wrong = f"{quoted(name)} is no service of the matrix"
            place.wrong(wrong, f"write {listed(known, 'or') if known else 'none'}{hint(name, known)}")
