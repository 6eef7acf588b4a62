# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The running server: where its files are, what it reads in them, who is connected, and whether it goes by them now."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..catalog.session import Server, ServerAbsent
from ..errors import ServerError
from . import rules
from .match import Groups, Knock

try:
    import psycopg2
except ImportError:  # the module's face reports it
    pass

FACTS = """
SELECT pg_catalog.current_setting('hba_file'), pg_catalog.current_setting('ident_file'),
       (SELECT setting FROM pg_catalog.pg_config WHERE name = 'BINDIR'),
       pg_catalog.current_setting('server_version_num')::int / 10000, pg_catalog.current_setting('ssl') = 'on',
       (SELECT pg_catalog.json_object_agg(name, setting)::text FROM pg_catalog.pg_settings
        WHERE name IN ('oauth_validator_libraries', 'db_user_namespace') AND source <> 'default')"""
# a session that the postmaster starts inherits its time of loading; an older one keeps its own until it has nothing to do
LOADED = "SELECT extract(epoch FROM pg_catalog.pg_conf_load_time())::float8"
OF_FILE = "SELECT size, extract(epoch FROM modification)::float8 FROM pg_catalog.pg_stat_file(%s, true)"
BROKEN_SETTINGS = """
SELECT sourcefile, sourceline, error FROM pg_catalog.pg_file_settings
WHERE error IS NOT NULL AND error <> 'setting could not be applied'"""
ME = """
SELECT session_user::text, pg_catalog.current_database()::text, coalesce(pg_catalog.host(pg_catalog.inet_client_addr()), ''),
       coalesce((SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid()), false),
       coalesce((SELECT encrypted FROM pg_catalog.pg_stat_gssapi WHERE pid = pg_catalog.pg_backend_pid()), false)"""
OTHERS = """
SELECT a.usename::text, coalesce(a.datname::text, ''), coalesce(pg_catalog.host(a.client_addr), ''), coalesce(s.ssl, false),
       coalesce(g.encrypted, false), pg_catalog.count(*)::int
FROM pg_catalog.pg_stat_activity a
LEFT JOIN pg_catalog.pg_stat_ssl s USING (pid) LEFT JOIN pg_catalog.pg_stat_gssapi g USING (pid)
WHERE a.backend_type IN ('client backend', 'walsender') AND a.usename IS NOT NULL AND a.pid <> pg_catalog.pg_backend_pid()
GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5"""
MEMBERS = """
SELECT pg_catalog.pg_get_userbyid(member)::text, pg_catalog.pg_get_userbyid(roleid)::text FROM pg_catalog.pg_auth_members"""


@dataclass(frozen=True)
class Facts:
    """What the server says of itself. `settings`: those that decide what a line of its files may say."""

    hba_file: str
    ident_file: str
    bindir: str
    major: int
    tls: bool
    settings: Mapping[str, str]


class Live:
    """A session of the server, kept open: it stays when new lines would let us in no more."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.connection = server.connect()

    def close(self) -> None:
        self.connection.close()

    def rows(self, query: str, values: tuple[object, ...] | None = None) -> list[tuple[Any, ...]]:
        """What a query yields. Raises ServerError."""
        return _rows(self.connection, query, values)

    def facts(self) -> Facts:
        """Raises ServerError where the role may not look: only superusers may."""
        hba_file, ident_file, bindir, major, tls, settings = self.rows(FACTS)[0]
        return Facts(hba_file, ident_file, bindir, major, tls, json.loads(settings or "{}"))

    def rules(self, facts: Facts, hba: str, ident: str) -> rules.Rules:
        """Both files as the server reads them now; `hba` and `ident` are their texts."""
        return rules.read(self.rows(rules.HBA)[0][0], self.rows(rules.IDENT)[0][0], facts.hba_file, facts.ident_file,
                          hba, ident)

    def of_file(self, path: str) -> tuple[int, float] | None:
        """Size and time of change of a file, as the server sees it."""
        found = self.rows(OF_FILE, (path,))
        return None if not found or found[0][0] is None else (found[0][0], found[0][1])

    def me(self) -> Knock:
        """How we came in."""
        return Knock(*self.rows(ME)[0])

    def others(self) -> list[tuple[Knock, int]]:
        """Who else is connected, and how often."""
        return [(Knock(*row[:5]), row[5]) for row in self.rows(OTHERS)]

    def groups(self) -> Groups:
        """What each role is a member of, through others too; itself included."""
        direct: dict[str, set[str]] = {}
        for member, group in self.rows(MEMBERS):
            direct.setdefault(member, set()).add(group)
        return {role: frozenset(_all_of(role, direct)) for role in direct}

    def loaded(self) -> float:
        """When the postmaster read its configuration last, in seconds since 1970. Raises ServerError without a session."""
        session = self.server.connect()
        try:
            return float(_rows(session, LOADED, None)[0][0])
        finally:
            session.close()

    def loaded_here(self) -> float:
        """The same as this session knows it, for where no other can be had."""
        return float(self.rows(LOADED)[0][0])

    def reload(self, timeout: float) -> str:
        """Lets the server read its files, and waits until it has.

        Returns why a new session cannot see that, or nothing. Raises ServerError if the server cannot be told.
        """
        since = time.time()
        self.rows("SELECT pg_catalog.pg_reload_conf()")
        end, why = time.monotonic() + timeout, ""
        while time.monotonic() < end:
            try:
                if self.loaded() > since:
                    return ""
                why = f"the server did not reload{self._broken_settings()}"
            except ServerAbsent:
                raise
            except ServerError as error:
                why = str(error)
            time.sleep(0.02)
        return f"{why} (within {timeout:g} seconds)"

    def _broken_settings(self) -> str:
        """Its own configuration file keeps a server from reloading too."""
        found = self.rows(BROKEN_SETTINGS)
        return "".join(f"; {file} line {line}: {error}" for file, line, error in found)


def _rows(connection: Any, query: str, values: tuple[object, ...] | None) -> list[tuple[Any, ...]]:
    try:
        with connection.cursor() as cursor:
            cursor.execute(query, values)
            return list(cursor.fetchall())
    except psycopg2.Error as error:
        raise ServerError(f"the server refused to answer: {str(error).strip()}") from None


def _all_of(role: str, direct: Mapping[str, set[str]]) -> set[str]:
    found, open_ = {role}, [role]
    while open_:
        for group in direct.get(open_.pop(), set()) - found:
            found.add(group)
            open_.append(group)
    return found
