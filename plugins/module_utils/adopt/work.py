# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Adopts a server: looks at it, drafts its matrix, judges it with that. Changes nothing."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .. import plan as planning
from .. import result
from ..catalog import cluster, read
from ..catalog.raw import rows
from ..catalog.session import Server
from ..catalog.snapshot import Snapshot
from ..engine import Outcome
from ..expand.scope import Scope
from ..items import Database
from ..matrix.types import Allocation, Matrix
from ..schema.files import SchemaFile
from .draft import Draft, Drafting
from .dump import dump, program
from .dump_text import NotAcceptable
from .facts import Facts
from .names import service_of, unused
from .watch import programs, settings, watch

WITHHELD = ("secret-unmanaged",)  # what a draft without secrets cannot tell


@dataclass(frozen=True)
class Wanted:
    """`servers`, `allocation`: the matrix that is there, without secrets. `seconds`: how long to watch. `schemas`: the
    folder of schema files on the controller, None for no dumps; `sources`: the texts of the schema files that are there."""

    server: str
    servers: Mapping[str, Any]
    allocation: Sequence[dict[str, Any]]
    seconds: float = 0
    schemas: str | None = None
    pg_dump: str | None = None
    sources: Mapping[str, str] = field(default_factory=dict, repr=False)


def adopt(server: Server, wanted: Wanted) -> dict[str, Any]:
    """What the module returns. Raises MatrixError where the matrix that is there is wrong, ServerError where the server
    cannot be reached or is another one."""
    facts = look(server, wanted.seconds)
    drafting = Drafting(facts, wanted.server, wanted.servers, wanted.allocation)
    dumped, refused = _dumped(server, facts, wanted)
    draft = drafting.make({database: path for database, (path, _text) in dumped.items()})
    draft.notes += [*_superusers(facts), *_unseen(facts), *refused]
    found = _judged(_snapshot(server, facts, draft), draft, {**wanted.sources, **dict(dumped.values())})
    drafted = {str(one.keys["database"]) for one in draft.rows}
    return {**found, "draft": {**draft.plain(), "baseline": _baseline(found, draft)},
            "schema_files": [{"path": path, "content": text} for database, (path, text) in dumped.items()
                             if database in drafted]}


def look(server: Server, seconds: float) -> Facts:
    """Watch, then read everything once."""
    with server.cursor() as cursor:
        seen, where = watch(cursor, seconds), settings(cursor)
        # of what can be many, only what others than the present owner own is read
        snapshot = read.read(server, cursor, {}, lambda found: {name: one.owner for name, one in _visited(found)})
        if snapshot.superuser:
            where["programs"] = programs(cursor)
    return Facts(snapshot, seen, where)


def _visited(databases: Mapping[str, Database]) -> Iterable[tuple[str, Database]]:
    return ((name, database) for name, database in databases.items() if name != "template0")


def _snapshot(server: Server, facts: Facts, draft: Draft) -> Snapshot:
    """What is to be judged: the same, read once more where a database is to have another owner."""
    owners = {row.database: row.owner for row in draft.parsed.on(draft.name)}
    snapshot = facts.snapshot
    with server.cursor() as cursor:
        if any(owners.get(one.name, one.owner) != one.owner for one in facts.databases):
            snapshot = read.read(server, cursor, {}, lambda found: {
                name: owners.get(name, one.owner) for name, one in _visited(found)})
        snapshot.available = {str(name): fixed for name, fixed in rows(cursor, cluster.EXTENSIONS_AVAILABLE)}
    return snapshot


def _judged(snapshot: Snapshot, draft: Draft, texts: Mapping[str, str]) -> dict[str, Any]:
    """What audit would say of the server with the draft. No password is compared: there is none to compare with."""
    matrix = Matrix(draft.parsed.servers, tuple(map(_as_if_managed, draft.parsed.rows)))
    scope = Scope(matrix, draft.name, snapshot.bootstrap)
    sources = {row.database: tuple(SchemaFile(path, texts[path]) for path in row.schema_files if path in texts)
               for row in matrix.on(draft.name)}
    options = planning.Options("audit", (), today=datetime.date.today().isoformat())
    plan = planning.make(scope, snapshot, options, sources)
    plan.verdicts[:] = [verdict for verdict in plan.verdicts if verdict.violation.rule.id not in WITHHELD]
    found = result.of(Outcome(scope, snapshot, snapshot, plan.verdicts, plan))
    return {key: found[key] for key in ("violations", "databases", "compliant")}


def _as_if_managed(row: Allocation) -> Allocation:
    """The row with a password where it has none: the draft names a variable, which says nothing here."""
    logins = tuple(replace(login, password="") for login in row.logins)
    readers = tuple(replace(reader, password="") for reader in row.readers)
    return replace(row, logins=logins, readers=readers, password=None if logins else "")


def _baseline(found: Mapping[str, Any], draft: Draft) -> list[str]:
    """The services whose tables are there without a record of the files that made them."""
    services = {row["service"] for row in found["violations"] if row["rule"] == "schema-unbaselined"}
    services |= {one.keys["service"] for one in draft.rows if one.keys.get("schema_files")}
    return sorted(services)


def _dumped(server: Server, facts: Facts, wanted: Wanted) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """The schema files of the databases that no row is for, by database: path and text; and why one has none."""
    if wanted.schemas is None:
        return {}, []
    known = {row.get("database") for row in wanted.allocation if row.get("server") == wanted.server}
    command = program(wanted.pg_dump, facts.settings.get("programs", ""))
    if command is None:
        return {}, ["no schema was dumped: there is no pg_dump on the host; install PostgreSQL's client programs"]
    found: dict[str, tuple[str, str]] = {}
    refused: list[str] = []
    names: list[str] = []
    for database in facts.databases:
        if database.name in known or not database.connections:
            continue
        name = unused(service_of(database.name).replace("/", "_"), names)
        names.append(name)
        try:
            text = dump(command, server.parameters, database.name, server.lock_timeout)
        except NotAcceptable as error:
            refused.append(f"the schema of database {database.name} has no file: {error}")
            continue
        found[database.name] = (f"{wanted.schemas}/{name}.sql", text)
    return found, refused


def _superusers(facts: Facts) -> list[str]:
    """Superusers besides the first one, whom nothing can be kept from."""
    others = sorted(facts.snapshot.superusers - {facts.snapshot.bootstrap})
    return [f"TODO: {name} is a superuser. If that is an operator's, write it into system_roles, with a purpose and "
            "attributes [LOGIN, SUPERUSER]; a service must not be one" for name in others]


def _unseen(facts: Facts) -> list[str]:
    """What the login was not allowed to see."""
    notes = []
    if not facts.snapshot.superuser:
        notes.append(f"role {facts.snapshot.user} is no superuser: pg_hba.conf, pg_ident.conf, whether roles have "
                     "passwords, subscriptions, and databases that it may not enter were not seen. Adopt again with a "
                     "superuser's login")
    if facts.seen.hidden:
        notes.append("addresses of other roles' connections are hidden from this login: it needs pg_monitor")
    return notes
