# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Schemas: extensions, tables and schema files of a database are those of its row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..items import Database, Extension, SchemaFile, Table, Thing, may_lead_out
from ..matrix.types import ACTIVE
from ..model import Change
from ..schema.files import BASELINE, COMMITTED, STARTED, Record, pending
from ..schema.files import SchemaFile as SchemaText
from .base import CRITICAL, HIGH, LOW, MANUAL, MEDIUM, SAFE, Rule, Violation, World

EXTENSION_MISSING = Rule("schema-extension-missing", MEDIUM, SAFE, "A declared extension is not installed.",
                         "The service's schema or queries fail.", "Creates it, in schema public, as superuser.",
                         "pg_extension and pg_available_extensions.")
EXTENSION = Rule("schema-extension-undeclared", MEDIUM, MANUAL, "An extension is installed that the row does not declare.",
                 "It brings functions, types and rights of the superuser that nobody has decided about.",
                 "None: declare it, or drop it without CASCADE, which would drop columns of its types.",
                 "pg_extension.")
TABLE_MISSING = Rule("schema-table-missing", LOW, MANUAL, "A declared table is not there, in schema public.",
                     "The matrix documents what is not so.", "None: apply the schema, or correct the row.",
                     "pg_class against the row's tables.")
TABLE_UNDECLARED = Rule("schema-table-undeclared", LOW, MANUAL, "A table is there that no row names.",
                        "Nobody has said to which service its rows belong.", "None: name it in the row, or move it.",
                        "pg_class against the row's tables; partitions belong to their parent.")
PENDING = Rule("schema-file-pending", MEDIUM, SAFE, "A schema file of the row has not been applied.",
               "The service meets a schema older than itself.", "Runs it, once, in one transaction, as the owner; records "
               "one that a killed run has applied.",
               "The record of applied files in schema good_neighbor.")
ALTERED = Rule("schema-file-altered", HIGH, MANUAL, "The schema files of a row contradict what was applied.",
               "Nobody can say any more which schema the database has.",
               "None: put the old text back, and write what is new into a new file.",
               "Checksums in the record of applied files in schema good_neighbor.")
UNBASELINED = Rule("schema-unbaselined", MEDIUM, MANUAL, "Tables are there, but no record of the files that made them.",
                   "Running the files again would fail, or change what is right.",
                   "None by itself: with baseline (or adopt) the files are recorded as applied, without running them.",
                   "Declared tables are there, and no record.")
IMPOSTOR = Rule("schema-impostor", CRITICAL, MANUAL,
                "Something of somebody else's bears the name of our records of schema files.",
                "Who owns it could make the superuser run its code, or forge what was applied.",
                "None: a human looks at schema good_neighbor of the database and renames it.",
                "Owner and shape of what schema good_neighbor holds.")
RULES = (IMPOSTOR, EXTENSION_MISSING, EXTENSION, TABLE_MISSING, TABLE_UNDECLARED, PENDING, ALTERED, UNBASELINED)


def judge(change: Change, world: World) -> list[Violation]:
    """Extensions and tables."""
    item = change.item
    if isinstance(item, Extension):
        return _extension(change, item, world)
    if isinstance(item, Thing) and item.kind == "impostor":
        return [Violation(IMPOSTOR, f"Schema {item.name} in database {item.database} is not ours: {item.detail}.",
                          database=item.database, object=item.name, service=world.service(item.database))]
    if not isinstance(item, Table):
        return []
    name, service = f"{item.schema}.{item.name}", world.service(item.database)
    if change.before is None:
        return [Violation(TABLE_MISSING, f"Table {name} of service {service} is declared and not there, in database "
                          f"{item.database}: apply its schema, or correct the row.", database=item.database, object=name,
                          service=service)]
    if change.after is None:
        return [Violation(TABLE_UNDECLARED, f"Table {name} in database {item.database} is named by no row: add it to the "
                          f"tables of service {service}, or move it.", database=item.database, object=name, service=service)]
    return []


def _extension(change: Change, item: Extension, world: World) -> list[Violation]:
    service = world.service(item.database)
    if change.before is not None:
        if may_lead_out(item.name):
            return []
        return [Violation(EXTENSION, f"Extension {item.name} in database {item.database} is not declared: name it in the "
                          "row's extensions, or DROP EXTENSION it (without CASCADE).", database=item.database,
                          object=item.name, service=service)]
    available = world.snapshot.available
    if available is not None and item.name not in available:
        return [Violation(EXTENSION_MISSING, f"Extension {item.name} of database {item.database} cannot be created: the "
                          "server does not have it; install its package on the host, or take it out of the row.",
                          database=item.database, object=item.name, service=service)]
    return [Violation(EXTENSION_MISSING, f"Extension {item.name} of database {item.database} is declared and not installed.",
                      (change,), item.database, None, item.name, service)]


def files(world: World) -> Iterator[Violation]:
    """Schema files that are not applied, were altered, or were never recorded."""
    for place in world.scope.places.values():
        row, database = place.row, world.now.get(Database, place.name)
        if row is None or place.kind != ACTIVE or database is None or not database.connections or (
                place.name in world.snapshot.unseen):
            continue
        if not row.secret_managed and not world.withheld:
            continue
        sources = world.sources.get(place.name, ())
        records = {file.path: file for file in world.now.near(SchemaFile, place.name)}
        todo = pending(sources, [_record(file) for file in records.values()])
        for problem in todo.problems:
            path = next((source.path for source in sources if source.path in problem), None)
            yield Violation(ALTERED, f"{problem}.", database=place.name, object=path,
                            service=place.service)
        missing = list(todo.to_apply)
        if todo.problems:
            continue
        for source in todo.unsaid:
            yield _pending(world, place.name, records, source,
                           f"Schema file {source.path} of service {row.service} has run in database {place.name}, and its "
                           "record does not say so: the run that did it was killed in between.")
        if not missing:
            continue
        tables = {table.name for table in world.now.near(Table, place.name)
                  if table.schema == "public" and table.kind == "TABLE"}
        if not records and tables & set(row.tables):
            yield _unbaselined(world, place.name, row.service, missing)
            continue
        for source in missing:
            yield _pending(world, place.name, records, source, f"Schema file {source.path} of service {row.service} has not "
                           f"been applied to database {place.name}.")


def _pending(world: World, database: str, records: Mapping[str, SchemaFile], source: SchemaText, message: str) -> Violation:
    place = world.scope.places[database]
    change = Change(records.get(source.path), SchemaFile(database, source.path, source.checksum, "applied"))
    return Violation(PENDING, message, (change,), database, place.owner, source.path, place.service)


def _unbaselined(world: World, database: str, service: str, missing: list[SchemaText]) -> Violation:
    named = ", ".join(source.path for source in missing)
    changes = tuple(Change(None, SchemaFile(database, source.path, source.checksum, BASELINE)) for source in missing) \
        if service in world.baseline else ()
    return Violation(UNBASELINED, f"Database {database} has tables of service {service}, but no record that {named} made "
                     f"them: if they are what the file says, record it with baseline: [{service}].", changes, database, None,
                     named, service, kind=SAFE)


def _record(file: SchemaFile) -> Record:
    """What the database says of a file, as the schema engine's own word."""
    state, _colon, outcome = file.state.partition(":")
    ended = COMMITTED if state == STARTED and not outcome else outcome
    return Record(file.path, file.checksum, state, None if ended in ("", "unknown") else ended)
