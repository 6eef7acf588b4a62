# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A new database is filled from a dump, by a role that may do nothing, and compared with the manifest.

Nobody else can enter it: PUBLIC may not connect, and no line of pg_hba.conf names it but that of the moment. Whoever of
the superusers looks at it sees by its comment what it is. Used on the database host, and on the drill's own cluster.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from .. import sql
from ..catalog.session import Server
from ..schema import records
from . import compare, restore_list, snapshot, stream
from .commands import Deadline
from .errors import BackupError
from .layout import DUMP
from .manifest import Locale, Manifest
from .restore_list import OURS, Extension, Parts

NOBODY = "nobody"  # as whom pg_restore reads the dump, where we are root
_PUBLIC = "public"


@dataclass(frozen=True)
class Dump:
    """One backup: where its parts are, the keys to them, what its manifest says, and the folder of pg_restore."""

    source: stream.Source
    keys: stream.Keys
    manifest: Manifest
    bindir: str

    def restore(self, *options: str, whole: bool = True, use: str | None = None,
                environment: Mapping[str, str] | None = None) -> stream.Fed:
        """pg_restore with the dump at its input, and `use` for its list. Raises BackupError with its words."""
        command = [f"{self.bindir}/pg_restore", *options]
        who: dict[str, Any] = {"cwd": "/", "env": dict(environment or stream.environment())}
        who.update(stream.as_account(NOBODY if os.geteuid() == 0 else None))
        if use is None:
            return stream.feed(self.source, DUMP, self.keys, command, whole=whole, **who)
        descriptor = _in_memory(use, who.get("user", -1))
        try:
            command.append(f"--use-list=/proc/self/fd/{descriptor}")
            return stream.feed(self.source, DUMP, self.keys, command, whole=whole, pass_fds=[descriptor], **who)
        finally:
            os.close(descriptor)


@dataclass(frozen=True)
class Contents:
    """A dump looked through: its parts, the extensions that a superuser makes, the publications `for_all` tables with their
    options (`allowed`: those that the row names), and what is left out."""

    parts: Parts
    extensions: tuple[Extension, ...]
    for_all: Mapping[str, str]
    allowed: frozenset[str]
    told: tuple[str, ...]


def look(dump: Dump, declared: Iterable[str], publications: Iterable[str]) -> Contents:
    """Reads the list of a dump. `declared`, `publications`: what the row allows. Raises BackupError."""
    listing = dump.restore("--list", whole=False).printed.decode("utf-8", "replace")
    names = tuple(dict.fromkeys(declared))
    parts = restore_list.parts(listing, names)
    script = ""
    if parts.extensions or parts.publications:
        use = restore_list.chosen((*parts.extensions, *parts.publications))
        script = dump.restore("--file=-", whole=False, use=use).printed.decode("utf-8", "replace")
    for_all = restore_list.for_all_tables(script)
    allowed = frozenset(publications) & frozenset(for_all)
    told = (*parts.told, *(f"publication {name} for all tables, which the row does not name"
                           for name in sorted(for_all) if name not in allowed))
    return Contents(parts, restore_list.extensions(script, names), for_all, allowed, told)


def create(cursor: Any, database: str, comment: str, encoding: str, locale: Locale) -> None:
    """An empty database that nobody may enter. Whenever this is killed, what is left is closed, or says what it is."""
    name = sql.ident(database)
    cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING {sql.literal(encoding)} {_locale(locale)} "
                   "ALLOW_CONNECTIONS false")
    cursor.execute(f"COMMENT ON DATABASE {name} IS {sql.literal(comment)}; REVOKE ALL ON DATABASE {name} FROM PUBLIC; "
                   f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


def prepare(cursor: Any, role: str, contents: Contents, manifest: Manifest) -> None:
    """What a superuser makes in the new database, from names alone, before anybody else was in it."""
    made = {extension.schema for extension in contents.extensions} - {_PUBLIC, "pg_catalog"}
    for schema in sorted(made):
        cursor.execute(f"CREATE SCHEMA {sql.ident(schema)}")
    for extension in contents.extensions:
        cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {sql.ident(extension.name)} "
                       f"SCHEMA {sql.ident(extension.schema)} CASCADE")
    records.ensure(cursor)
    for file in manifest.schema_files:
        cursor.execute("INSERT INTO good_neighbor.schema_file (path, checksum, state, started_at, applied_at) "
                       "VALUES (%s, %s, 'applied', %s, %s)", (file.name, file.checksum, manifest.started, manifest.started))
    for schema in sorted(made | {_PUBLIC}):
        cursor.execute(f"ALTER SCHEMA {sql.ident(schema)} OWNER TO {sql.ident(role)}")


def load(dump: Dump, contents: Contents, environment: Mapping[str, str], *options: str) -> list[str]:
    """Everything else, by the role and into the database that `environment` names; what of the dump is not as the manifest
    says. `options` are more of pg_restore's. Raises BackupError with pg_restore's words."""
    made = {extension.schema for extension in contents.extensions} | {_PUBLIC, OURS}
    some = restore_list.without_publications(restore_list.without_schemas(contents.parts.rest, made), contents.for_all)
    use = restore_list.chosen(some)
    fed = dump.restore("--no-owner", "--no-privileges", "--exit-on-error", "--no-password",
                       *options, f"--dbname={environment['PGDATABASE']}", use=use, environment=environment)
    return compare.of_the_dump(dump.manifest, fed.content)


def hand_over(cursor: Any, role: str, owner: str, contents: Contents) -> None:
    """All that the role made is the owner's; a superuser's work in the restored database. Runs nothing of what is in it."""
    cursor.execute(f"ALTER SCHEMA {_PUBLIC} OWNER TO pg_database_owner")
    cursor.execute(f"REASSIGN OWNED BY {sql.ident(role)} TO {sql.ident(owner)}")
    cursor.execute(f"DROP OWNED BY {sql.ident(role)}")  # what is left to it are rights, on this database
    for name in sorted(contents.allowed):
        cursor.execute(f"CREATE PUBLICATION {sql.ident(name)} FOR ALL TABLES WITH ({contents.for_all[name]})")


def wrong(cursor: Any, manifest: Manifest, deadline: Deadline,
          begun: Callable[[], object] = list) -> tuple[list[str], list[str]]:
    """How the database differs from the manifest, and what else there is to know of it. `begun` is called when the
    snapshot stands: what it changes is not seen."""
    seen = snapshot.Snapshot(cursor, patience=0)
    begun()
    found = seen.facts(deadline, closed=True)
    cursor.execute("ROLLBACK")
    return compare.differences(manifest, found), compare.versions(manifest, found)


def analyze(session: Any) -> None:
    """Statistics for the planner, in a session of the role; whatever stands in the way, the server does it itself later."""
    with suppress(session.Error):
        session.autocommit = True
        session.cursor().execute("ANALYZE")


def may_come_from(manifest: Manifest, server_version: int) -> None:
    """Raises BackupError where the backup is of a newer major version than the server."""
    was, now = manifest.server_version // 10000, server_version // 10000
    if was > now:
        raise BackupError(f"the backup is of PostgreSQL {was}, and this server is {now}: restore it on {was} or newer")


def bindir(server: Server) -> str:
    """The folder of the server's programs."""
    with server.cursor() as cursor:
        cursor.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'")
        return str(cursor.fetchall()[0][0])


def _locale(locale: Locale) -> str:
    provider = {"c": "libc", "i": "icu", "b": "builtin"}.get(locale.provider)
    if provider is None:
        raise BackupError(f"the backup's database compares texts by a provider that nobody knows: {locale.provider}")
    words = [f"LOCALE_PROVIDER {provider}", f"LC_COLLATE {sql.literal(locale.collate)}",
             f"LC_CTYPE {sql.literal(locale.ctype)}"]
    if locale.locale:
        words.append(f"{'ICU' if provider == 'icu' else 'BUILTIN'}_LOCALE {sql.literal(locale.locale)}")
    if locale.rules:
        words.append(f"ICU_RULES {sql.literal(locale.rules)}")
    return " ".join(words)


def _in_memory(text: str, account: int) -> int:
    """A file of the kernel's memory that the account of this number can read; -1 is ours."""
    descriptor = os.memfd_create("list", 0)
    os.write(descriptor, text.encode("utf-8", "surrogateescape"))
    if account != -1:  # where the drill runs, not even to ask is allowed
        os.fchown(descriptor, account, -1)
    return descriptor
