# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The keys of the matrix: what each may hold, and which status of a row (or kind of server) needs or allows it."""

from __future__ import annotations

from .containers import Field, ListOf, Record, Settings, Table
from .kinds import (
    MOST_CONNECTIONS,
    address,
    capitals,
    choice,
    day,
    empty_or,
    file_mode,
    flag,
    hba_line,
    ident_line,
    integer,
    matching,
    name,
    secret,
    setting_value,
    text,
    text_or_number,
)
from .types import (
    ACTIVE,
    MODES,
    PLANNED,
    RETIRED,
    STATUSES,
    Acceptance,
    ClientPool,
    EnvFile,
    Login,
    ObjectGrant,
    Reader,
    SystemRole,
)
from .uses import USES

MANAGED, UNMANAGED = "managed", "not managed"
ATTRIBUTES = ("LOGIN", "SUPERUSER", "CREATEDB", "CREATEROLE", "REPLICATION", "BYPASSRLS")
OBJECT_TYPES = (
    "database", "schema", "table", "view", "materialized view", "foreign table", "sequence", "function", "procedure",
    "routine", "type", "domain", "language", "foreign data wrapper", "foreign server", "tablespace", "parameter",
    "large object",
)  # fmt: skip
PRIVILEGES = (
    "SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN", "USAGE", "EXECUTE",
    "CREATE", "CONNECT", "TEMPORARY", "SET", "ALTER SYSTEM",
)  # fmt: skip

positive = integer(1, 2**31 - 1)
limit = integer(1, MOST_CONNECTIONS)
port = integer(1, 65535)
addresses = ListOf(address)
extensions = ListOf(matching(r"[a-z_][a-z0-9_]*(-[a-z0-9_]+)*", "the name of an extension", "vector"))

PLANNED_UP = frozenset({ACTIVE, PLANNED})
KEPT = frozenset({ACTIVE, PLANNED, RETIRED})  # the database is ours; what describes it may stay when it retires
IS_MANAGED = frozenset({MANAGED})
UNNAMED = {"role": ""}

LOGIN: Table = {
    "role": Field(text, True, example="the role's name"),
    "password": Field(secret, example='the role\'s password, such as "{{ vault_world_user }}"', null=False),
}
READER: Table = {
    **LOGIN,
    "connection_limit": Field(limit, True, example="how many connections it may open, such as 3"),
    "client_addresses": Field(addresses),
}
reader = Record(READER, Reader, {**UNNAMED, "connection_limit": 0, "client_addresses": None})  # None: the row's
CLIENT_POOL: Table = {"min": Field(integer(0, MOST_CONNECTIONS)), "max": Field(limit, True, example="max: 10")}
ENV_FILE: Table = {
    "path": Field(
        matching(r"(?!.*/\.\.?(/|$))/.*[^/]", "a whole path without . and ..", "/etc/nexus/database.env"),
        True,
        example="the file's whole path, such as /etc/nexus/database.env",
    ),
    "format": Field(choice("dotenv", "python", "url"), True, example="format: dotenv, python or url"),
    "variable": Field(matching(r"[A-Za-z_]\w*", "the name of an environment variable", "WORLD_DB_URL")),
    "login": Field(text),
    "owner": Field(text_or_number),
    "group": Field(text_or_number),
    "mode": Field(file_mode),
    "reload": Field(text),
}
GRANT: Table = {
    "database": Field(text, True, example="the database in which the object is"),
    "type": Field(choice(*OBJECT_TYPES), True, example="the object's type, such as function"),
    "name": Field(text, True, example="the object's name with its schema, such as pg_catalog.pg_ls_dir"),
    "privileges": Field(ListOf(capitals(*PRIVILEGES)), True, example="a list, such as [EXECUTE]"),
}
SYSTEM_ROLE: Table = {
    "role": Field(text, True, example="the role's name"),
    "use": Field(choice(*USES)),
    "purpose": Field(text),
    "attributes": Field(ListOf(capitals(*ATTRIBUTES))),
    "member_of": Field(ListOf(name)),
    "connect": Field(ListOf(text, or_one=True)),
    "connection_limit": Field(limit),
    "client_addresses": Field(addresses),
    "grants": Field(ListOf(Record(GRANT, ObjectGrant, {"database": "", "type": "", "name": "", "privileges": ()}))),
}
ACCEPTANCE: Table = {
    "rule": Field(matching(r"[a-z]+(-[a-z0-9]+)+", "a rule's id", "road-dblink"), True, example="the rule's id"),
    "object": Field(text, True, example="the object as the violation names it"),
    "reason": Field(text, True, example="why the violation is accepted"),
    "expires": Field(day, True, example='the last day on which it is accepted, such as "2027-03-31"'),
}
SERVER: Table = {
    "managed": Field(flag),
    "port": Field(port),
    "api_url": Field(empty_or(text)),
    "mode": Field(choice(*MODES), IS_MANAGED, IS_MANAGED, "mode: audit, which changes nothing"),
    "max_connections": Field(limit, IS_MANAGED, IS_MANAGED, "the server's max_connections, such as 150"),
    "maintenance_connections": Field(limit, IS_MANAGED, IS_MANAGED, "how many of them operators keep, such as 20"),
    "system_roles": Field(ListOf(Record(SYSTEM_ROLE, SystemRole, UNNAMED), "role"), allowed=IS_MANAGED),
    "exceptions": Field(
        ListOf(Record(ACCEPTANCE, Acceptance, dict.fromkeys(ACCEPTANCE, ""))), allowed=IS_MANAGED
    ),
    "hba": Field(ListOf(hba_line), allowed=IS_MANAGED),
    "ident": Field(ListOf(ident_line), allowed=IS_MANAGED),
    "extensions": Field(extensions, allowed=IS_MANAGED),
    "replication_slots": Field(
        ListOf(matching(r"[a-z0-9_]{1,63}", "the name of a slot (small letters, digits and _)", "standby_1")),
        allowed=IS_MANAGED,
    ),
    "client_host": Field(text, allowed=IS_MANAGED),
    "system_identifier": Field(empty_or(text_or_number), allowed=IS_MANAGED),
}
ROW: Table = {
    "service": Field(text, True, example="the service's name"),
    "title": Field(text),
    "server": Field(text, True, example="the name of one of good_neighbor_servers"),
    "database": Field(text, True, example="the name of the service's one database"),
    "owner": Field(text, True, example="the role that owns the database"),
    "purpose": Field(text, True, example="what the database is for"),
    "status": Field(choice(*STATUSES), True, example="status: active, planned, external or retired"),
    "service_port": Field(port),
    "latency_target_ms": Field(positive),
    "tables": Field(ListOf(text)),
    "backup": Field(choice("critical", "important"), KEPT, KEPT, "backup: critical or important"),
    "connection_limit": Field(limit, PLANNED_UP, KEPT, "how many connections the service may open, such as 10"),
    "password": Field(secret, allowed=PLANNED_UP, null=False),
    "logins": Field(ListOf(Record(LOGIN, Login, UNNAMED), "role"), allowed=PLANNED_UP),
    "readers": Field(ListOf(reader, "role"), allowed=PLANNED_UP),
    "extensions": Field(extensions, allowed=KEPT),
    "vectors": Field(flag, allowed=KEPT),
    "publications": Field(ListOf(name), allowed=KEPT),
    "settings": Field(Settings(setting_value), allowed=KEPT),
    "schema_files": Field(ListOf(text), allowed=PLANNED_UP),
    "client_addresses": Field(addresses, allowed=KEPT),
    "client_pool": Field(Record(CLIENT_POOL, ClientPool), allowed=PLANNED_UP),
    "env_files": Field(ListOf(Record(ENV_FILE, EnvFile, {"path": "", "format": ""}), "path"), allowed=PLANNED_UP),
    "soft_delete_only": Field(flag, allowed=PLANNED_UP),
}
