# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a rule is, what a violation is, and what a rule may look at."""

# pylint: disable=invalid-field-call  # a record is a dataclass
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from ..record import record
from ..catalog.snapshot import Snapshot
from ..expand.scope import Place, Scope
from ..items import PUBLIC, Grant, Obj
from ..model import Change, Model
from ..schema.files import SchemaFile as SchemaText

CRITICAL, HIGH, MEDIUM, LOW = "critical", "high", "medium", "low"
SEVERITIES = (CRITICAL, HIGH, MEDIUM, LOW)
SAFE, DISRUPTIVE, REMOVAL, MANUAL = "safe", "disruptive", "removal", "manual"
KINDS = (SAFE, DISRUPTIVE, REMOVAL)  # what enforce may be allowed to run
OPEN, REMEDIED, DEFERRED, EXCEPTED, UNCHECKED = "open", "remedied", "deferred", "excepted", "unchecked"


@record(frozen=True)
class Rule:
    """One way to break the policy. `severity` by consequence, `kind`: what its remedy is like, `what` is broken,
    `why` that breaks the policy, `remedy`: what ends it and what it cannot do, `found`: where it shows. docs/rules is made
    of these texts."""

    id: str
    severity: str
    kind: str
    what: str
    why: str
    remedy: str
    found: str


@record(frozen=True)
class Violation:
    """A rule broken at one place. `changes` end it; none: a human must decide, and the message says what."""

    rule: Rule
    message: str
    changes: tuple[Change, ...] = ()
    database: str | None = None
    role: str | None = None
    object: str | None = None
    service: str | None = None
    severity: str = ""
    kind: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What makes it the same violation in another run."""
        return (self.rule.id, self.database or "", self.role or "", self.object or "")

    @property
    def how_bad(self) -> str:
        return self.severity or self.rule.severity

    @property
    def remedy_kind(self) -> str:
        """What its remedy is like; manual where there is none."""
        return (self.kind or self.rule.kind) if self.changes else MANUAL


@record(frozen=True)
class World:
    """All that a rule may look at. `sources`: the schema files of each database's row; `baseline`: services whose
    present tables count as their schema files; `withheld`: whether the matrix came without its secrets on purpose."""

    scope: Scope
    snapshot: Snapshot
    now: Model
    want: Model
    sources: Mapping[str, tuple[SchemaText, ...]] = field(default_factory=dict)
    baseline: frozenset[str] = frozenset()
    withheld: bool = False

    def place(self, database: str) -> Place | None:
        return self.scope.places.get(database)

    def service(self, database: str = "", role: str = "") -> str | None:
        """The service that a violation is about: the database's, else the role's."""
        row = self.scope.row_of(role)
        return self.scope.service_of(database) or (row.service if row else None)

    def who(self, role: str) -> str:
        """A grantee in words."""
        return "PUBLIC (every role of the server)" if role == PUBLIC else f"role {role} ({self.scope.home(role)})"

    def can_enter(self, role: str, database: str) -> bool:
        """Whether `role` gets into `database` today, by its ACL."""
        return any("CONNECT" in grant.privileges and grant.grantee in (role, PUBLIC)
                   for grant in self.now.near(Grant, Obj("", "DATABASE", "", database)))
