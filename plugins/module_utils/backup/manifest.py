# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a backup holds, told in the same snapshot in which it was taken; encrypted beside it.

Whoever restores a backup compares what he has then with this. It may come back damaged or forged: `from_json` takes
nothing that it does not expect.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime

from .errors import BackupError
from .strict import Fields, dump, load, time_text

FORMAT = 1
PRIORITIES = ("critical", "important")
_SHA256 = "[0-9a-f]{64}"


@dataclass(frozen=True, order=True)
class Table:
    """One table with rows of its own (partitions are tables, partitioned tables and views are not), and how many."""

    schema: str
    name: str
    rows: int


@dataclass(frozen=True, order=True)
class SchemaFile:
    """A schema file that the database has seen."""

    name: str
    checksum: str


@dataclass(frozen=True)
class Content:
    """A stream before encryption."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Locale:
    """How the database compares texts, in the words of pg_database: `provider` is c, i or b; `locale` is empty where the
    provider is libc, `rules` where there are none."""

    provider: str
    collate: str
    ctype: str
    locale: str
    rules: str


@dataclass(frozen=True)
class Manifest:
    """`server_version` is server_version_num, such as 170002; `tables`, `extensions` (name, version) and `schema_files`
    are sorted; `dump` is in pg_dump's custom format, `globals` is SQL without passwords."""

    server: str
    system_identifier: str
    service: str
    database: str
    owner: str
    priority: str
    started: datetime
    finished: datetime
    server_version: int
    encoding: str
    locale: Locale
    extensions: tuple[tuple[str, str], ...]
    schema_files: tuple[SchemaFile, ...]
    tables: tuple[Table, ...]
    large_objects: int
    dump: Content
    globals: Content


def to_json(manifest: Manifest) -> bytes:
    """The manifest as a file; the same one is always the same bytes."""
    values = asdict(replace(manifest, tables=tuple(sorted(manifest.tables)),
                            schema_files=tuple(sorted(manifest.schema_files))))
    values.update(format=FORMAT, started=time_text(manifest.started), finished=time_text(manifest.finished),
                  extensions=dict(manifest.extensions))
    return dump(values)


def from_json(content: bytes) -> Manifest:
    """The manifest that a file holds. Raises BackupError where anything in it is missing, unknown, or out of its range."""
    fields = load(content, "the manifest")
    if fields.number("format", 1) != FORMAT:
        raise BackupError(f"the manifest is of another format than {FORMAT}: a newer version of the collection wrote it")
    found = Manifest(
        server=fields.text("server"),
        system_identifier=fields.text("system_identifier", "[0-9]{1,20}"),
        service=fields.text("service"),
        database=fields.text("database"),
        owner=fields.text("owner"),
        priority=fields.text("priority", "|".join(PRIORITIES)),
        started=fields.time("started"),
        finished=fields.time("finished"),
        server_version=fields.number("server_version", 90000),
        encoding=fields.text("encoding", "[A-Za-z0-9_]+"),
        locale=_locale(fields.mapping("locale")),
        extensions=fields.texts("extensions"),
        schema_files=fields.each("schema_files", lambda one: SchemaFile(one.text("name"), one.text("checksum"))),
        tables=fields.each("tables", lambda one: Table(one.text("schema"), one.text("name"), one.number("rows"))),
        large_objects=fields.number("large_objects"),
        dump=_content(fields.mapping("dump")),
        globals=_content(fields.mapping("globals")),
    )
    fields.end()
    _check(found)
    return found


def _check(found: Manifest) -> None:
    places = [(table.schema, table.name) for table in found.tables]
    files = [file.name for file in found.schema_files]
    for what, names in (("tables", places), ("schema_files", files)):
        if len(set(names)) != len(names) or sorted(names) != names:
            raise BackupError(f"the manifest is damaged: its {what} are not sorted, or one stands twice")
    if found.finished < found.started:
        raise BackupError("the manifest is damaged: the backup was finished before it was started")


def _content(fields: Fields) -> Content:
    found = Content(fields.number("bytes"), fields.text("sha256", _SHA256))
    fields.end()
    return found


def _locale(fields: Fields) -> Locale:
    found = Locale(fields.text("provider", "[a-z]"), *(fields.text(key, "(?s).*") for key in
                                                       ("collate", "ctype", "locale", "rules")))
    fields.end()
    return found
