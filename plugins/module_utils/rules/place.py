# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Places: each table lies in its own service's database, embeddings only where a row says so."""

from __future__ import annotations

from collections.abc import Iterator

from ..items import BOOKKEEPING, ROUTINES, Owner, Table, Thing
from ..matrix.types import ACTIVE
from ..model import Change
from .base import HIGH, LOW, MANUAL, MEDIUM, Rule, Violation, World

FOREIGN = Rule("place-foreign-table", HIGH, MANUAL, "Something bears the name of another row's table.",
               "Another service's data lies, or is shown, in this database.",
               "None: a human moves its rows to their own service, or names the table in this row too.",
               "Names of tables, views, partitions, sequences, types and functions in every schema, in any letter case, "
               "those inside extensions too.")
VECTORS = Rule("place-vectors", HIGH, MANUAL, "A table has an embedding column where the row does not say vectors: true.",
               "Embeddings belong to the AI memory, not to other services.",
               "None: a human moves them, or allows them in the row.",
               "Columns of type vector, halfvec or sparsevec, and arrays of numbers named like an embedding; domains and "
               "arrays of them too.")
TABLESPACE = Rule("place-tablespace", LOW, MANUAL, "Tables lie in a tablespace of their own.",
                  "Its disk may be another service's.", "None: moving a table locks and rewrites it; a human chooses when.",
                  "pg_class.reltablespace and pg_database.dattablespace.")
RULES = (FOREIGN, VECTORS, TABLESPACE)


def judge(change: Change, world: World) -> list[Violation]:
    """Embedding columns, and tablespaces in use."""
    now = change.before
    if isinstance(now, Thing) and now.kind == "tablespace use" and change.after is None:
        return [Violation(TABLESPACE, f"Tables of database {now.database} lie in tablespace {now.name} ({now.detail}): move "
                          "them to pg_default when a lock is possible.", database=now.database, object=now.name,
                          service=world.service(now.database))]
    place = world.place(now.database) if isinstance(now, Table) else None
    if not isinstance(now, Table) or not now.vectors or place is None or place.row is None or place.row.vectors:
        return []
    return [Violation(VECTORS, f"Table {now.schema}.{now.name} in database {now.database} holds embeddings "
                      f"({', '.join(now.vectors)}), and service {place.service} has no business with vectors: move them to "
                      "the service that owns them, or write vectors: true into the row.", database=now.database,
                      object=f"{now.schema}.{now.name}", service=place.service)]


def misplaced(world: World) -> Iterator[Violation]:
    """Tables and views that bear the name of another row's table, in any schema and letter case."""
    owners: dict[str, list[str]] = {}
    for row in world.scope.matrix.rows:
        for name in row.tables:
            owners.setdefault(name.lower(), []).append(row.service)
    for database, kind, schema, name in sorted(set(_named(world))):
        place = world.place(database)
        if place is None or place.row is None or place.kind != ACTIVE or schema == BOOKKEEPING:
            continue
        services = owners.get(name.strip().lower(), [])
        if not services or place.service in services:
            continue
        yield Violation(FOREIGN, f"{kind.capitalize()} {schema}.{name} in database {database} bears the name of a table of "
                        f"service {' and '.join(services)}: move its rows there, or name it in this row's tables too.",
                        database=database, object=f"{schema}.{name}", service=place.service,
                        severity=HIGH if kind == "TABLE" else MEDIUM)


def _named(world: World) -> Iterator[tuple[str, str, str, str]]:
    """(database, kind, schema, name) of whatever could stand for a table."""
    for table in world.now.of(Table).values():
        yield table.database, table.kind, table.schema, table.name
    for owner in world.now.of(Owner).values():
        obj = owner.obj
        if obj.kind in (*ROUTINES, "TYPE", "DOMAIN", "SEQUENCE") and not owner.linked and obj not in world.snapshot.builtins:
            yield obj.database, obj.kind, obj.schema, obj.name
