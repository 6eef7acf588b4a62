# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Everything a check needs to know of a live server, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..record import record
from ..items import Database, Key, Obj, Role
from ..model import Model
from ..schema.files import Record


Row = tuple[Any, ...]
Holdings = dict[tuple[str, str], frozenset[str]]  # privileges on one object, by role and column


@record(frozen=True)
class Rows:
    """What the queries of catalog/database.py yield in one database. `files`: None where there is no bookkeeping of ours,
    or what is wrong with what bears its name."""

    parts: list[Row]
    objects: list[Row]
    vectors: list[Row]
    columns: list[Row]
    defaults: list[Row]
    extensions: list[Row]
    words: list[Row]
    things: list[Row]
    needed: list[Row]
    row_security: list[Row]
    files: tuple[Record, ...] | str | None


@record(frozen=True)
class RowSecurity:
    """What decides who sees which rows of a table. `forced`: its owner obeys too; `roles`: whom its policies name."""

    forced: bool
    roles: frozenset[str]


@dataclass
class Snapshot:
    """`model`: what the server holds. `stored`: verifiers by role, for undo; never shown. `unseen`: databases that were
    not visited though they should have been, and why. `expiries`, `definitions`: what undo needs to put back a VALID
    UNTIL, or what a removal has dropped. `available`: extensions that the server could install, with whether each says
    where it lies, None where nobody asked.
    `live`: whether there is a server at all (check mode can start from none). `today`: by database, what its rightful roles
    could do by ways that may end (expand/today.py): a plan that ends them on the model still knows."""

    model: Model = field(default_factory=Model)
    major: int = 17
    user: str = "postgres"
    superuser: bool = True
    bootstrap: str = "postgres"
    standby: bool = False
    frozen: bool = False  # the server's configuration makes every transaction read-only
    folder: str = ""  # its data directory; empty where the login may not know
    segment: int = 16 * 2**20  # bytes of a file of the write-ahead log
    born: int = 1500  # a transaction after those of initdb, and before those of anybody
    system_identifier: str = ""
    live: bool = True
    stored: dict[str, str | None] = field(default_factory=dict, repr=False)
    expiries: dict[str, str] = field(default_factory=dict)
    definitions: dict[tuple[str, str, str], list[str]] = field(default_factory=dict, repr=False)
    secrets: Mapping[str, str | None] = field(default_factory=dict, repr=False)  # of the matrix, by role, as far as given
    sizes: dict[str, int | None] = field(default_factory=dict)
    connections: dict[str, int] = field(default_factory=dict)
    unseen: dict[str, str] = field(default_factory=dict)
    available: dict[str, bool] | None = None
    visited: frozenset[str] = frozenset()  # databases whose inside is known
    common: dict[str, Rows] = field(default_factory=dict, repr=False)  # what the databases held that are no service's
    predefined: frozenset[str] = frozenset()  # roles that initdb made, the bootstrap superuser aside
    event_functions: set[Obj] = field(default_factory=set)  # of event triggers: they run in everybody's session
    read_through: set[Obj] = field(default_factory=set)  # functions of their owner that views or policies call
    needed: set[tuple[str, str, str]] = field(default_factory=set)  # (database, kind, name): something else uses it
    today: dict[str, dict[Obj, Holdings]] = field(default_factory=dict, repr=False)
    beside: set[Obj] = field(default_factory=set)  # made by somebody in a schema of PostgreSQL's own
    builtins: set[Obj] = field(default_factory=set)  # the server's or an extension's, though owner or grants were changed
    within: dict[Obj, str] = field(default_factory=dict)  # relations and sequences of extensions, and the extension of each
    # what PUBLIC has lost on PostgreSQL's own objects, and who holds it by name
    taken: dict[Obj, dict[str, frozenset[str]]] = field(default_factory=dict)
    # grants, by key, on what somebody put into an extension, and how a function runs (definer, untrusted, or nothing)
    brought: dict[Key, str] = field(default_factory=dict)
    row_security: dict[Obj, RowSecurity] = field(default_factory=dict)
    row_readers: dict[Obj, set[Obj]] = field(default_factory=dict)  # views, and the tables with row security they read

    _superusers: tuple[Model, int, frozenset[str]] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def superusers(self) -> frozenset[str]:
        """Roles that nothing can be kept from. Of every object it is asked."""
        changes = self.model.changes(Role)
        if self._superusers is None or self._superusers[0] is not self.model or self._superusers[1] != changes:
            found = frozenset(role.name for role in self.model.of(Role).values() if role.superuser)
            self._superusers = (self.model, changes, found)
        return self._superusers[2]


def empty(bootstrap: str = "postgres") -> Snapshot:
    """A server that does not exist yet: initdb's roles and databases, nothing else."""
    model = Model([Role(bootstrap, login=True, superuser=True, createdb=True, createrole=True, replication=True,
                        bypassrls=True, password="unknown")])
    for name, connections, template in (("postgres", True, False), ("template1", True, True), ("template0", False, True)):
        model.put(Database(name, bootstrap, connections, template))
    return Snapshot(model=model, bootstrap=bootstrap, user=bootstrap, live=False)
