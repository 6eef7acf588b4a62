# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The live server as a snapshot: one connection for what is shared, one for each database that needs a visit."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from typing import TypeVar

from .. import acl, scram
from ..errors import ServerError
from ..items import Database, Membership, Obj, Role, ServerSetting, Session, Setting, Thing
from ..model import Model
from . import cluster, doors, inside
from .raw import name_of, put, rows, spoken
from .session import Cursor, Server
from .snapshot import Rows, Snapshot

_MADE_LATER = 16384  # FirstNormalObjectId: what initdb makes has a lower one
_AT_ONCE, _AHEAD = 2, 3  # databases that are read, and whose rows wait in memory
T = TypeVar("T")
R = TypeVar("R")


def read(server: Server, cursor: Cursor, passwords: Mapping[str, str | None],
         visit: Callable[[Mapping[str, Database]], Mapping[str, str]], known: Mapping[str, Rows] | None = None) -> Snapshot:
    """Read `server`: what is shared over `cursor`, which is in the maintenance database.

    `passwords`: the matrix's, by role; a role that is not in it, or has None, has nothing to be compared with.
    `visit` names the databases to look into, with the owner that each shall have, given all that exist. `known`: those that
    were looked into just now. Raises ServerError where the server cannot be reached, or is no PostgreSQL 15 or later.
    """
    snapshot, names = _cluster(cursor, passwords)
    databases = {database.name: database for database in snapshot.model.of(Database).values()}
    numbers = {name: oid for oid, name in names.items()}
    superusers = snapshot.superusers
    # what belongs to these, others of the matrix may be able to use
    lent = {one.role for one in snapshot.model.of(Membership).values() if one.inherit and one.member not in superusers}
    lent |= numbers.keys() if superusers & passwords.keys() else set()

    def fetch(place: tuple[str, str]) -> Rows | str:
        """The rows of a database, or why there are none."""
        name, owner = place
        if known is not None and name in known:
            return known[name]
        if not databases[name].connections:
            return "it refuses connections"
        # whatever lies in template1 counts, whoever owns it
        declared = 0 if name == "template1" or owner in lent else numbers.get(owner, 0)
        try:
            with nullcontext(cursor) if name == server.database else server.cursor(name) as own:
                return inside.fetch(own, snapshot, declared)
        except ServerError as error:
            return str(error)

    refused = []
    for place, found in _ahead(fetch, sorted(visit(databases).items())):
        if isinstance(found, str):
            refused.append(place)
        else:
            _inside(snapshot, server, place[0], found, names)
    for place in refused:  # alone now: two sessions may have been one too many
        found = fetch(place)
        if isinstance(found, str):
            snapshot.unseen[place[0]] = found
        else:
            _inside(snapshot, server, place[0], found, names)
    return snapshot


def _inside(snapshot: Snapshot, server: Server, name: str, found: Rows, names: Mapping[int, str]) -> None:
    inside.put_into(snapshot, name, found, names)
    snapshot.visited |= {name}
    if name in (server.database, "template1"):  # nobody's: a run seldom has to do there
        snapshot.common[name] = found


def _ahead(fetch: Callable[[T], R], places: Iterable[T]) -> Iterator[tuple[T, R]]:
    """What `fetch` brings of each place, in order; it asks for the next while the last is worked on."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        waiting: deque[tuple[T, Future[R]]] = deque()
        for place in places:
            waiting.append((place, pool.submit(fetch, place)))
            if len(waiting) > _AHEAD:
                first, future = waiting.popleft()
                yield first, future.result()
        for first, future in waiting:
            yield first, future.result()


def _cluster(cursor: Cursor, passwords: Mapping[str, str | None]) -> tuple[Snapshot, dict[int, str]]:
    version, user, superuser, bootstrap, standby, identifier, frozen, folder, segment, born = rows(
        cursor, cluster.SERVER)[0]
    major = int(version) // 10000
    if major < 15:
        raise ServerError(f"this is PostgreSQL {major}: Good Neighbor needs 15 or later")
    snapshot = Snapshot(Model(), major, user, superuser, bootstrap, standby, frozen, folder, segment, born, identifier)
    snapshot.secrets = passwords
    names = _roles(cursor, snapshot, passwords)
    if any(passwords.values()):
        spoken(rows(cursor, cluster.WORDS) + (rows(cursor, cluster.WORDS_OF_FILES) if superuser else []), "", snapshot)
    for role, member, grantor, admin, inherit, set_ in rows(
            cursor, cluster.MEMBERSHIPS if major >= 16 else cluster.MEMBERSHIPS_15):
        snapshot.model.put(Membership(name_of(names, role), name_of(names, member), name_of(names, grantor), admin,
                                      inherit, set_))
    databases = _databases(cursor, snapshot, names)
    _settings(cursor, snapshot, names, databases)
    for name, owner, text in rows(cursor, cluster.TABLESPACES):
        put(snapshot, Obj("", "TABLESPACE", "", name), name_of(names, owner), text)
    for name, text in rows(cursor, cluster.PARAMETERS):
        for grant in acl.grants(Obj("", "PARAMETER", "", name), text, bootstrap, major):
            snapshot.model.put(grant)
    things = rows(cursor, cluster.THINGS) + (rows(cursor, cluster.SUBSCRIPTIONS) if superuser else [])
    for database, kind, name, detail in things:
        snapshot.model.put(Thing(database, kind, name, detail))
    for database, role, count in rows(cursor, cluster.SESSIONS):
        if database:
            snapshot.connections[database] = snapshot.connections.get(database, 0) + count
        snapshot.model.put(Session(database, role))
    for name, value in rows(cursor, cluster.SERVER_SETTINGS) + (rows(cursor, cluster.FILE_SETTINGS) if superuser else []):
        snapshot.model.put(ServerSetting(name, value))
    if superuser:
        doors.read(cursor, snapshot)
    return snapshot, names


def _roles(cursor: Cursor, snapshot: Snapshot, passwords: Mapping[str, str | None]) -> dict[int, str]:
    found = rows(cursor, cluster.ROLES_WITH_SECRETS if snapshot.superuser else cluster.ROLES_WITHOUT_SECRETS)
    with ThreadPoolExecutor(4) as pool:  # hashing frees the interpreter's lock
        states = list(pool.map(lambda row: _password(str(row[1]), row[9], passwords, snapshot.superuser, row[2]), found))
    for row, state in zip(found, states):
        _oid, name, login, superuser, createdb, createrole, replication, bypassrls, limit, stored, expiry, until = row
        snapshot.stored[name] = stored
        if until is not None:
            snapshot.expiries[name] = until
        snapshot.model.put(Role(name, login, superuser, createdb, createrole, replication, bypassrls, limit, state, expiry))
    snapshot.predefined = frozenset(str(row[1]) for row in found if row[0] < _MADE_LATER and row[1] != snapshot.bootstrap)
    return {row[0]: str(row[1]) for row in found}


def _password(role: str, stored: str | None, passwords: Mapping[str, str | None], readable: bool, login: bool) -> str:
    """How a stored password stands to the matrix; see model.Role."""
    if not readable:
        return "unknown"
    if stored is None:
        return "none"
    wanted = passwords.get(role)
    if wanted is None and not login:
        return "unknown"
    how = "md5" if scram.kind(stored) == "md5" else "weak" if scram.is_weak(stored) else ""
    if wanted is not None and scram.matches(wanted, stored, role):
        return how or "declared"
    for other, secret in sorted(passwords.items()):
        if other != role and secret is not None and scram.matches(secret, stored, role):
            return f"shared:{other}"
    withheld = role in passwords and not any(passwords.values())
    if wanted is None and not withheld and scram.matches(role, stored, role):
        return "name"
    return (how or "unknown") if wanted is None else "other"


def _databases(cursor: Cursor, snapshot: Snapshot, names: Mapping[int, str]) -> dict[int, str]:
    query = cluster.DATABASES.format(may_size="true" if snapshot.superuser else
                                     "pg_catalog.has_database_privilege(oid, 'CONNECT')")
    found = rows(cursor, query)
    for _oid, name, owner, connections, template, limit, text, size, _invalid in found:
        database = Database(name, name_of(names, owner), connections, template, limit)
        snapshot.model.put(database)
        snapshot.sizes[name] = size
        for grant in acl.grants(database.obj, text, database.owner, snapshot.major):
            snapshot.model.put(grant)
    return {row[0]: str(row[1]) for row in found}


def _settings(cursor: Cursor, snapshot: Snapshot, names: Mapping[int, str], databases: Mapping[int, str]) -> None:
    for database, role, text in rows(cursor, cluster.SETTINGS):
        name, _equals, value = text.partition("=")
        snapshot.model.put(Setting(databases.get(database, "") if database else "",
                                   name_of(names, role) if role else "", name.lower(), value))
