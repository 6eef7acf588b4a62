# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""inspect → expand → diff → classify → plan → apply: the whole of a run, for the modules' faces."""

# pylint: disable=invalid-field-call  # a record is a dataclass
from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .record import record
from . import plan as planning
from . import inside_still, locks, preflight
from .apply import Runner
from .catalog import cluster, read, snapshot
from .catalog.raw import rows
from .catalog.session import DRIVER, Cursor, Server, ServerAbsent
from .catalog.snapshot import Rows, Snapshot
from .errors import GoodNeighborError, ServerError
from .expand.scope import Scope
from .items import Database, Extension
from .matrix.types import ACTIVE, Matrix
from .plan import Options, Plan, Verdict
from .rules.base import DEFERRED, OPEN, REMEDIED
from .schema.files import SchemaFile as SchemaText
from .undo import UndoFile

_REFUSED = "the server ended the work while it was read"
_LOCK = 4742_1104_2025  # of all runs on one server; an arbitrary number that nobody else takes
_LOCK_PATIENCE = 10.0
_TOLD = 10  # of what is left for the next run, so many are told one by one
_ROUNDS = 3  # what a schema file has made is looked at, and put right, in the same run


@record(frozen=True)
class Request:
    """What a run is asked for. `sources`: the schema files of each database."""

    matrix: Matrix
    server: str
    options: Options
    sources: Mapping[str, tuple[SchemaText, ...]] = field(default_factory=dict)
    undo_file: str | None = None


@dataclass
class Outcome:
    """What a run found and did. `steps` in the order of execution; `notes` for the user; `changed`: whether anything was,
    or would be, changed. `after`: the server as it is then."""

    scope: Scope
    before: Snapshot
    after: Snapshot
    verdicts: list[Verdict]
    plan: Plan
    notes: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        return bool(self.plan.steps)


def check(server: Server, request: Request, *, absent: bool = False) -> Outcome:
    """Judges the server and changes nothing. Raises ServerError where it cannot be reached; with `absent` one that is not
    there (yet) counts as an empty one."""
    scope, found, notes = _inspect_or_empty(server, request, absent)
    plan = planning.make(scope, found, replace(request.options, mode="audit"), request.sources)
    return Outcome(scope, found, found, plan.verdicts, plan, notes)


def foretell(server: Server, request: Request) -> Outcome:
    """What `enforce` would do, on the model alone; from an empty snapshot where there is no server yet."""
    scope, found, notes = _inspect_or_empty(server, request, True)
    plan = planning.make(scope, found, request.options, request.sources)
    if found.live:
        against = preflight.reasons(server, scope, found, plan.steps, None)
        notes += [f"a real run would refuse: {reason}" for reason in against]
    notes += inside_still.notes(plan.steps, found)
    return Outcome(scope, found, plan.after, plan.verdicts, plan, notes)


def _inspect_or_empty(server: Server, request: Request, absent: bool) -> tuple[Scope, Snapshot, list[str]]:
    try:
        with server.cursor() as cursor:
            scope, found = _inspect(server, cursor, request)
            _may_change(preflight.stranger(scope, found))
            return scope, found, []
    except ServerAbsent as error:
        if not absent:
            raise
        found = snapshot.empty()
        return Scope(request.matrix, request.server, found.bootstrap), found, [
            f"there is no server yet ({error}): this plan starts from an empty one"]


def enforce(server: Server, request: Request) -> Outcome:
    """Makes it so, as far as the options allow, and looks again.

    Raises ServerError or SchemaFileError, with nothing half done; its `changed` says whether something was done before."""
    with server.cursor() as cursor:
        wait_alone(cursor)
        scope, first = _inspect(server, cursor, request)
        runner = Runner(server, scope, first, scope.passwords(), request.sources)
        try:
            return _rounds(server, cursor, request, runner, first)
        except GoodNeighborError as error:
            error.changed = bool(runner.done)
            raise
        except DRIVER as error:
            failed = ServerError(f"{_REFUSED}: {locks.said(error)}; what was done before is right. Run again")
            failed.changed = bool(runner.done)
            raise failed from error


def _rounds(server: Server, cursor: Cursor, request: Request, runner: Runner, first: Snapshot) -> Outcome:
    scope, found = runner.scope, first
    undo = UndoFile(request.undo_file, request.server) if request.undo_file else None
    initial = plan = planning.make(scope, first, request.options, request.sources)
    _may_change(preflight.reasons(server, scope, found, plan.steps, undo))
    for number in range(_ROUNDS):
        todo = [step for step in plan.steps if step.key not in runner.deferred]
        if not todo:
            break
        if undo is not None:
            undo.add(todo)
        cursor.execute("SET default_transaction_read_only = off")  # what a database's owner stored holds nobody up
        runner.run(todo, cursor.connection, found.common)
        _scope, found = _inspect(server, cursor, request, runner.seen)
        if number + 1 < _ROUNDS:
            runner.look_again()
        plan = planning.make(scope, found, request.options, request.sources)
    verdicts = initial.verdicts
    if runner.done or runner.left:
        verdicts = _verdicts(initial, plan, runner.deferred, scope, request.options)
    notes = inside_still.notes(runner.done, first) + _deferred(runner.deferred)
    return Outcome(scope, first, found, verdicts, Plan(runner.done, verdicts, first, found), notes)


def _deferred(why: Mapping[tuple[str, str, str, str], str]) -> list[str]:
    """What waits for the next run, in words."""
    told = [f"left for the next run: {rule} at {obj or role or database or 'the server'}"
            f"{f' in database {database}' if database and (obj or role) else ''}: {said}"
            for (rule, database, role, obj), said in sorted(why.items())]
    more = len(told) - _TOLD
    return told[:_TOLD] + ([f"left for the next run: {more} more"] if more > 0 else [])


def _verdicts(initial: Plan, last: Plan, deferred: Collection[tuple[str, str, str, str]], scope: Scope, options: Options
              ) -> list[Verdict]:
    """The states after a real run, by what the server says now."""
    remaining = {verdict.violation.key: verdict.violation for verdict in last.verdicts}
    found = []
    first = {violation.key: violation for violation in initial.first}
    for key in dict.fromkeys([*first, *remaining]):
        violation = remaining.get(key)
        if violation is None:
            found.append(Verdict(first[key], REMEDIED))
        else:
            state = planning.state_of(violation, scope, options)
            found.append(Verdict(violation, DEFERRED if key in deferred and state == OPEN else state))
    return found


def _inspect(server: Server, cursor: Cursor, request: Request, known: Mapping[str, Rows] | None = None
             ) -> tuple[Scope, Snapshot]:
    scope = Scope(request.matrix, request.server, "postgres")

    def visit(databases: Mapping[str, Database]) -> dict[str, str]:
        named = {name: place.owner for name, place in scope.places.items() if name in databases and name != "template0"}
        if any(place.kind == ACTIVE and name not in databases for name, place in scope.places.items()):
            # one that is missing may have been renamed: its tables tell
            named |= {name: found.owner for name, found in databases.items()
                      if name not in scope.places and found.connections}
        return named

    found = read.read(server, cursor, scope.passwords(), visit, known)
    if found.bootstrap != "postgres":
        scope = Scope(request.matrix, request.server, found.bootstrap)
    if _extensions_missing(scope, found):
        found.available = {str(name): fixed for name, fixed in rows(cursor, cluster.EXTENSIONS_AVAILABLE)}
    return scope, found


def _extensions_missing(scope: Scope, found: Snapshot) -> bool:
    """Whether any declared extension is not installed: only then it matters what the server could install."""
    declared = {(row.database, name) for row in scope.rows if row.status == ACTIVE for name in row.extensions}
    declared |= {("postgres", name) for name in scope.spec.extensions}
    return any((key not in found.model.of(Extension)) for key in declared)


def _may_change(against: Sequence[str]) -> None:
    """Raises ServerError that names everything that speaks against it."""
    if len(against) == 1:
        raise ServerError(f"{against[0]}. Nothing was changed.")
    if against:
        raise ServerError("\n".join(["nothing was changed, for these reasons:", *(f"- {reason}" for reason in against)]))


def wait_alone(cursor: Cursor) -> None:
    """One changing run at a time on one server: the lock ends with the session. Raises ServerError that names its holder."""
    end = time.monotonic() + _LOCK_PATIENCE
    while not rows(cursor, f"SELECT pg_catalog.pg_try_advisory_lock({_LOCK})")[0][0]:
        if time.monotonic() > end:
            raise ServerError(f"another run is at work on this server: {_holder(cursor)}; wait for it and run again")
        time.sleep(0.25)


def _holder(cursor: Cursor) -> str:
    found = rows(cursor, f"""
        SELECT coalesce(a.application_name, '?'), coalesce(a.usename::text, '?'),
               coalesce(a.client_addr::text, 'the local socket'), a.backend_start::timestamp(0)::text, a.pid
        FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
        WHERE l.locktype = 'advisory' AND l.granted AND (l.classid::int8 << 32 | l.objid::int8) = {_LOCK}""")
    if not found:
        return "it has just ended"
    name, role, address, since, pid = found[0]
    return f"{name}, as {role} from {address}, since {since} (process {pid} of the server)"
