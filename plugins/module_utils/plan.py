# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan: which changes may run, in which order, and what is open after them. Pure: it runs on the model alone.

Judge, carry out what is allowed on the model, judge again, until nothing allowed is left: so what one step makes
possible (the grants of a database that was created) or breaks (a reader's grant, by a change of owner) is in the plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .record import record
from . import order, simulate, undo
from .catalog.snapshot import Snapshot
from .expand.desired import desired
from .expand.scope import Scope
from .items import (
    BOOKKEEPING,
    Database,
    DefaultGrant,
    Extension,
    Grant,
    Obj,
    Owner,
    Role,
    SchemaFile,
    Session,
    Table,
    Thing,
)
from .matrix.types import ACTIVE
from .model import Change, Model
from .order import Step
from .rules import registry
from .rules.base import EXCEPTED, OPEN, REMEDIED, UNCHECKED, Violation, World
from .rules.database import UNSEEN
from .rules.world import UNREADABLE
from .schema.files import APPLIED, BASELINE
from .schema.files import SchemaFile as SchemaText
from .schema.text import created_tables

_ROUNDS = 12  # each is one more layer of what a change makes possible; three are usual


@record(frozen=True)
class Options:
    """How far a run may go. `today` is a day in ISO 8601, for exceptions that end."""

    mode: str
    remedies: tuple[str, ...] = ("safe",)
    services: tuple[str, ...] = ()
    baseline: tuple[str, ...] = ()
    today: str = ""
    withheld: bool = False  # the matrix came without its secrets on purpose: what needs them is not judged


@record(frozen=True)
class Verdict:
    """A violation and what became of it."""

    violation: Violation
    state: str = OPEN


@dataclass
class Plan:
    """`steps` in the order in which they run; `verdicts` as after the run; `after` the model then."""

    steps: list[Step]
    verdicts: list[Verdict]
    before: Snapshot
    after: Snapshot
    first: list[Violation] = field(default_factory=list)  # what was found before any step


def make(scope: Scope, snapshot: Snapshot, options: Options, sources: Mapping[str, tuple[SchemaText, ...]]) -> Plan:
    """The plan for one server."""
    state = snapshot
    first: list[Violation] | None = None
    steps: list[Step] = []
    # a database of a row that accepts no connections (yet): a run that was killed may have left it so
    fresh = {
        database.name
        for database in snapshot.model.of(Database).values()
        if not database.connections and database.name in scope.places and scope.places[database.name].kind == ACTIVE
    }
    for turn in range(_ROUNDS):
        violations = judge(scope, state, options, sources)
        first = violations if first is None else first
        if not any(_allowed(violation, scope, options, fresh) for violation in violations):
            break
        if state is snapshot:
            state = replace(snapshot, model=snapshot.model.copy())
        made = _turn(violations, scope, state, options, sources, fresh, turn)
        if not made:
            break
        steps += made
    return Plan(
        order.arrange(steps, fresh),
        _verdicts(first or [], violations, scope, options),
        snapshot,
        state,
        first or [],
    )


def judge(
    scope: Scope, snapshot: Snapshot, options: Options, sources: Mapping[str, tuple[SchemaText, ...]]
) -> list[Violation]:
    """All violations of the snapshot, worst first."""
    want = desired(scope, snapshot, snapshot.model)
    world = World(scope, snapshot, snapshot.model, want, sources, frozenset(options.baseline), options.withheld)
    return registry.judge(world)


def _turn(
    violations: list[Violation],
    scope: Scope,
    state: Snapshot,
    options: Options,
    sources: Mapping[str, tuple[SchemaText, ...]],
    fresh: set[str],
    turn: int,
) -> list[Step]:
    """Carries out what is allowed now; the steps."""
    todo: dict[Change, Violation] = {}
    for violation in violations:
        if _allowed(violation, scope, options, fresh):
            for change in violation.changes:
                todo.setdefault(change, violation)
    steps = []
    moved: set[Obj] = set()  # have a new owner in this turn: their grants are judged in the next one, by their new grantor
    for change in sorted(todo, key=lambda change: (order.cause(change), _rank(change, sources), change.item.key)):
        if not simulate.possible(change, state.model) or not _ready(change, scope, state, sources):
            continue
        if isinstance(change.item, Grant) and change.item.obj in moved:
            continue
        earlier = undo.touched(change, state.model)
        simulate.apply(change, state)
        if earlier == undo.touched(change, state.model):
            continue  # an earlier step of this turn took it along
        _foresee(change, scope, state, sources)
        if isinstance(change.item, Database) and change.before is None:
            fresh.add(change.item.name)
        database, moves = order.where(change.item), _moves(change, earlier)
        moved |= moves
        taken_back = () if database in fresh else tuple(undo.statements(change, earlier, state))
        steps.append(Step(change, database, todo[change].key, turn, moves, taken_back))
    return steps


def _moves(change: Change, earlier: Model) -> frozenset[Obj]:
    """The objects that get a new owner by it: the sequences of a table go with the table."""
    item = change.item
    if not isinstance(item, (Owner, Database)) or "owner" not in change.patch():
        return frozenset()
    return frozenset({item.obj, *(owner.obj for owner in earlier.of(Owner).values())})


def _allowed(violation: Violation, scope: Scope, options: Options, fresh: set[str]) -> bool:
    if options.mode == "audit" or not violation.changes or excepted(violation, scope, options):
        return False
    if options.services and violation.service not in options.services:
        return False
    if options.mode == "additive":
        return all(_adds_only(change, fresh) for change in violation.changes)
    return violation.remedy_kind in options.remedies


def _adds_only(change: Change, fresh: set[str]) -> bool:
    """Whether it creates or grants what is missing, and takes nothing from anybody. In a database that accepts no
    connections yet nobody has anything that could be taken."""
    item, before, after = change.item, change.before, change.after
    place = order.where(item) or (
        item.name
        if isinstance(item, Database)
        else item.obj.name
        if isinstance(item, Grant)
        else getattr(item, "database", "")
    )
    if place in fresh and not isinstance(item, (Thing, Session)) and "owner" not in change.patch():
        return True
    if isinstance(after, (Grant, DefaultGrant)):
        return before is None or (
            isinstance(before, (Grant, DefaultGrant))
            and before.grantable == after.grantable
            and set(before.privileges) <= set(after.privileges)
        )
    if isinstance(item, SchemaFile):
        return True
    return before is None and isinstance(item, (Role, Database, Extension))


def excepted(violation: Violation, scope: Scope, options: Options) -> bool:
    """Whether the matrix accepts it for now."""
    return any(
        entry.rule == violation.rule.id
        and entry.object in (violation.object, violation.role, violation.database)
        and options.today <= entry.expires
        for entry in scope.spec.exceptions
    )


def _verdicts(first: list[Violation], last: list[Violation], scope: Scope, options: Options) -> list[Verdict]:
    remaining = {violation.key: violation for violation in last}
    found = [
        Verdict(
            remaining.get(violation.key, violation),
            REMEDIED if violation.key not in remaining else state_of(violation, scope, options),
        )
        for violation in first
    ]
    known = {violation.key for violation in first}
    return found + [Verdict(v, state_of(v, scope, options)) for v in last if v.key not in known]


def state_of(violation: Violation, scope: Scope, options: Options) -> str:
    """The state of a violation that is there."""
    if violation.rule in (UNSEEN, UNREADABLE):
        return UNCHECKED
    return EXCEPTED if excepted(violation, scope, options) else OPEN


def _rank(change: Change, sources: Mapping[str, tuple[SchemaText, ...]]) -> int:
    """How many files stand before a schema file in its row."""
    item = change.item
    paths = [source.path for source in sources.get(item.database, ())] if isinstance(item, SchemaFile) else []
    return paths.index(item.path) if isinstance(item, SchemaFile) and item.path in paths else 0


def _ready(change: Change, scope: Scope, state: Snapshot, sources: Mapping[str, tuple[SchemaText, ...]]) -> bool:
    """Whether a schema file can run: those before it have, its owner gets in with the declared password, and its
    extensions are there."""
    file = change.after
    if not isinstance(file, SchemaFile) or file.state != "applied":
        return True
    for source in sources.get(file.database, ())[: _rank(change, sources)]:
        earlier = state.model.get(SchemaFile, file.database, source.path)
        if earlier is None or earlier.state not in (APPLIED, BASELINE):
            return False
    place, model = scope.places[file.database], state.model
    owner, database = model.get(Role, place.owner), model.get(Database, file.database)
    if owner is None or place.row is None or database is None or not database.connections or database.owner != place.owner:
        return False
    enters = bool(place.row.logins) or (owner.login and owner.password == "declared" and owner.expiry != "past")
    trusted = model.get(Thing, file.database, "impostor", BOOKKEEPING) is None
    return enters and trusted and all(model.get(Extension, file.database, name) is not None for name in place.row.extensions)


def _foresee(change: Change, scope: Scope, state: Snapshot, sources: Mapping[str, tuple[SchemaText, ...]]) -> None:
    """The declared tables that a schema file will make. What else is in it shows when it has run."""
    file = change.after
    if not isinstance(file, SchemaFile) or file.state != "applied":
        return
    place = scope.places[file.database]
    declared = set(place.row.tables) if place.row else set()
    for source in sources.get(file.database, ()):
        for schema, name in created_tables(source.text) if source.path == file.path else ():
            if name in declared and schema in (None, "public"):
                state.model.put(Table(file.database, "public", name, "TABLE"))
