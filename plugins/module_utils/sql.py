# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Changes of the model as SQL: the only place that quotes, and that knows what differs between major versions.

A statement of a change that needs a secret takes it from `verifiers`; without, the secret is masked whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from .items import (
    PUBLIC, ROUTINES, UNLIMITED, Database, DefaultGrant, Extension, Grant, Membership, Obj, Owner, Role, Session, Setting,
    Thing)
from .model import Change

MASK = "********"
# Settings whose value is a list of names: each element is quoted by itself (GUC_LIST_QUOTE in guc_tables.c).
LIST_SETTINGS = frozenset({"search_path", "temp_tablespaces", "local_preload_libraries", "session_preload_libraries",
                           "shared_preload_libraries", "unix_socket_directories"})
# kinds whose names only the server can write: it has quoted them already
_ELEMENT = re.compile(r'\s*("(?:[^"]|"")*"|[^,]+)')  # of a list setting
_VERBATIM = frozenset({"COLLATION", "CONVERSION", "OPERATOR", "OPERATOR CLASS", "OPERATOR FAMILY", "STATISTICS OBJECT",
                       "TEXT SEARCH CONFIGURATION", "TEXT SEARCH DICTIONARY"})
_OWNED_AS = {"STATISTICS OBJECT": "STATISTICS"}  # where the catalog's word is not the statement's
_ATTRIBUTES = {"login": "LOGIN", "superuser": "SUPERUSER", "createdb": "CREATEDB", "createrole": "CREATEROLE",
               "replication": "REPLICATION", "bypassrls": "BYPASSRLS"}


def ident(name: str) -> str:
    """A quoted identifier. Always quoted, so that no keyword and no letter case matters."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A quoted string constant, whatever standard_conforming_strings says."""
    quoted = "'" + text.replace("'", "''") + "'"
    return "E" + quoted.replace("\\", "\\\\") if "\\" in text else quoted


def role(name: str) -> str:
    """A role as a grantee; PUBLIC is the keyword."""
    return "PUBLIC" if name == PUBLIC else ident(name)


def obj(of: Obj) -> str:
    """An object as its statements name it, without its kind."""
    if of.kind == "LARGE OBJECT" or of.kind in _VERBATIM:
        return of.name
    if of.kind == "PARAMETER":
        return ".".join(ident(part) for part in of.name.split("."))
    name = f"{ident(of.schema)}.{ident(of.name)}" if of.schema else ident(of.name)
    return f"{name}({of.arguments})" if of.kind in ("FUNCTION", "PROCEDURE", "AGGREGATE") else name


def setting_value(name: str, value: str) -> str:
    """The value of SET: lists of names element by element, anything else as one string."""
    if name in LIST_SETTINGS:
        return ", ".join(literal(part) for part in list_elements(value)) or "''"
    return literal(value)


def list_elements(value: str) -> list[str]:
    """The names of a list setting as stored or as written: quotes and blanks around an element do not matter, a comma
    within quotes is a part of its name."""
    return [part[1:-1].replace('""', '"') if part.startswith('"') else part
            for part in map(str.strip, _ELEMENT.findall(value)) if part]


def render(change: Change, major: int, verifiers: Mapping[str, str] | None = None) -> list[str]:
    """The statements that carry out `change`, each complete without its semicolon.

    Raises TypeError for a change that no statement can make (a server's file, a table's place).
    """
    item = change.item
    if isinstance(item, Role):
        return _role(change, item, verifiers)
    if isinstance(item, Membership):
        return [_membership(change, item, major)]
    if isinstance(item, Database):
        return _database(change, item)
    if isinstance(item, Setting):
        return [_setting(change, item)]
    if isinstance(item, Owner):
        return [_owner(item)]
    if isinstance(item, Grant):
        return _grant(change, item)
    if isinstance(item, DefaultGrant):
        return _default_grant(change, item)
    if isinstance(item, Extension):
        return [_extension(change, item)]
    if isinstance(item, Session):
        return [terminate(item)]
    if isinstance(item, Thing) and change.after is None:
        return [_drop(item)]
    raise TypeError(f"no statement makes {change}")


def terminate(session: Session) -> str:
    """Ends the sessions of one role in one database, whoever they are by then; waits two seconds for their end."""
    where = f"datname = {literal(session.database)}" if session.database else "backend_type = 'walsender'"
    whose = f"usename = {literal(session.role)}"
    if session.role.isdigit():  # dropped while it was inside: its number is left
        whose = f"({whose} OR usename IS NULL AND usesysid = {session.role})"
    return (f"SELECT pg_catalog.pg_terminate_backend(pid, 2000) FROM pg_catalog.pg_stat_activity WHERE {whose} AND {where}"
            " AND pid <> pg_catalog.pg_backend_pid()")


def _role(change: Change, item: Role, verifiers: Mapping[str, str] | None) -> list[str]:
    if change.before is None:
        patch: dict[str, object] = {name: getattr(item, name) for name in [*_ATTRIBUTES, "limit"]}
        if item.password == "declared":
            patch["password"] = "declared"
        verb = "CREATE ROLE"
    elif change.after is None:
        return [f"DROP ROLE {ident(item.name)}"]
    else:
        patch, verb = change.patch(), "ALTER ROLE"
    options = [word if patch[name] else f"NO{word}" for name, word in _ATTRIBUTES.items()
               if name in patch and (verb == "ALTER ROLE" or patch[name] or name == "login")]
    if "limit" in patch and not (verb == "CREATE ROLE" and patch["limit"] == UNLIMITED):
        options.append(f"CONNECTION LIMIT {patch['limit']}")
    if "password" in patch:
        stored = MASK if verifiers is None else verifiers.get(item.name)
        options.append("PASSWORD NULL" if stored is None else f"PASSWORD {literal(stored)}")
    if patch.get("expiry") == "none":
        options.append("VALID UNTIL 'infinity'")
    return [f"{verb} {ident(item.name)} {' '.join(options)}"]


def _membership(change: Change, item: Membership, major: int) -> str:
    # PostgreSQL 15 has one membership for any grantor, who may be gone: REVOKE does not ask for him
    known = major >= 16 or (change.after is not None and not item.grantor.isdigit())
    by = f" GRANTED BY {ident(item.grantor)}" if known else ""
    # memberships that were passed on with ADMIN OPTION hang on it
    if change.after is None:
        return f"REVOKE {ident(item.role)} FROM {ident(item.member)}{by} CASCADE"
    if isinstance(change.before, Membership) and change.before.admin and not item.admin:
        return f"REVOKE ADMIN OPTION FOR {ident(item.role)} FROM {ident(item.member)}{by} CASCADE"
    if major < 16:
        options = " WITH ADMIN OPTION" if item.admin else ""
    else:
        words = (("ADMIN", item.admin), ("INHERIT", item.inherit), ("SET", item.set))
        options = " WITH " + ", ".join(f"{word} {'TRUE' if on else 'FALSE'}" for word, on in words)
    return f"GRANT {ident(item.role)} TO {ident(item.member)}{options}{by}"


def _database(change: Change, item: Database) -> list[str]:
    name = ident(item.name)
    if change.before is None:
        # closed before it is open: nobody can be inside while PUBLIC still has its initial CONNECT
        return [f"CREATE DATABASE {name} OWNER {ident(item.owner)} TEMPLATE template0 ENCODING 'UTF8'"
                f" ALLOW_CONNECTIONS false CONNECTION LIMIT {item.limit}",
                f"REVOKE ALL ON DATABASE {name} FROM PUBLIC"]
    patch = change.patch()
    out = []
    if "owner" in patch:
        out.append(f"ALTER DATABASE {name} OWNER TO {ident(item.owner)}")
    options = []
    if "template" in patch:
        options.append(f"IS_TEMPLATE {'true' if item.template else 'false'}")
    if "limit" in patch:
        options.append(f"CONNECTION LIMIT {item.limit}")
    if "connections" in patch:
        options.append(f"ALLOW_CONNECTIONS {'true' if item.connections else 'false'}")
    return out + ([f"ALTER DATABASE {name} {' '.join(options)}"] if options else [])


def _setting(change: Change, item: Setting) -> str:
    if item.role and item.database:
        of = f"ROLE {ident(item.role)} IN DATABASE {ident(item.database)}"
    elif item.role:
        of = f"ROLE {ident(item.role)}"
    else:
        of = f"DATABASE {ident(item.database)}" if item.database else "ROLE ALL"
    name = ".".join(ident(part) for part in item.name.split("."))
    if change.after is None:
        return f"ALTER {of} RESET {name}"
    return f"ALTER {of} SET {name} TO {setting_value(item.name, item.value)}"


def _owner(item: Owner) -> str:
    kind = "ROUTINE" if item.obj.kind in ROUTINES else _OWNED_AS.get(item.obj.kind, item.obj.kind)
    return f"ALTER {kind} {obj(item.obj)} OWNER TO {ident(item.owner)}"


def _on(of: Obj) -> str:
    """ON ... of GRANT and REVOKE."""
    if of.kind in ("VIEW", "MATERIALIZED VIEW", "FOREIGN TABLE", "TABLE"):
        return f"TABLE {obj(of)}"
    if of.kind in ("FUNCTION", "PROCEDURE", "AGGREGATE"):
        return f"ROUTINE {obj(of)}"
    return f"{'FOREIGN SERVER' if of.kind == 'SERVER' else 'TYPE' if of.kind == 'DOMAIN' else of.kind} {obj(of)}"


def _privileges(names: Iterable[str], column: str) -> str:
    return ", ".join(f"{name} ({ident(column)})" if column else name for name in sorted(names))


def _sides(change: Change) -> tuple[set[str], set[str], set[str], set[str]]:
    """Privileges and grant options before and after."""
    before, after = change.before, change.after
    held = (set(getattr(before, "privileges", ())), set(getattr(before, "grantable", ())))
    wanted = (set(getattr(after, "privileges", ())), set(getattr(after, "grantable", ())))
    return (*held, *wanted)


def _grant(change: Change, item: Grant) -> list[str]:
    held, held_options, wanted, wanted_options = _sides(change)
    on, to = _on(item.obj), role(item.grantee)
    taken, options = held - wanted, (held_options & wanted) - wanted_options
    out = []
    # CASCADE: what was passed on with a grant option hangs on it, and is not declared either
    if taken:
        cascade = " CASCADE" if held_options & taken else ""
        out.append(f"REVOKE {_privileges(taken, item.column)} ON {on} FROM {to}{cascade}")
    if options:
        out.append(f"REVOKE GRANT OPTION FOR {_privileges(options, item.column)} ON {on} FROM {to} CASCADE")
    plain, passed = (wanted - held) - wanted_options, wanted_options - held_options
    if plain:
        out.append(f"GRANT {_privileges(plain, item.column)} ON {on} TO {to}")
    if passed:
        out.append(f"GRANT {_privileges(passed, item.column)} ON {on} TO {to} WITH GRANT OPTION")
    return out


def _default_grant(change: Change, item: DefaultGrant) -> list[str]:
    held, held_options, wanted, wanted_options = _sides(change)
    scope = f" IN SCHEMA {ident(item.schema)}" if item.schema else ""
    head = f"ALTER DEFAULT PRIVILEGES FOR ROLE {ident(item.creator)}{scope}"
    to, kind = role(item.grantee), item.kind
    out = []
    if held - wanted:
        out.append(f"{head} REVOKE {_privileges(held - wanted, '')} ON {kind} FROM {to}")
    if (held_options & wanted) - wanted_options:
        options = _privileges((held_options & wanted) - wanted_options, "")
        out.append(f"{head} REVOKE GRANT OPTION FOR {options} ON {kind} FROM {to}")
    if (wanted - held) - wanted_options:
        out.append(f"{head} GRANT {_privileges((wanted - held) - wanted_options, '')} ON {kind} TO {to}")
    if wanted_options - held_options:
        out.append(f"{head} GRANT {_privileges(wanted_options - held_options, '')} ON {kind} TO {to} WITH GRANT OPTION")
    return out


def _extension(change: Change, item: Extension) -> str:
    if change.after is None:
        return f"DROP EXTENSION {ident(item.name)}"  # RESTRICT: a column of its types would keep it
    return f"CREATE EXTENSION {ident(item.name)}" + (f" SCHEMA {ident(item.schema)}" if item.schema else "")


_DROPPABLE = {"foreign server": "SERVER", "publication": "PUBLICATION", "event trigger": "EVENT TRIGGER"}


def _drop(item: Thing) -> str:
    """Drops what holds no rows; never with CASCADE."""
    if item.kind == "user mapping":
        user, _on, server = item.name.partition(" on ")
        return f"DROP USER MAPPING FOR {role(user)} SERVER {ident(server)}"
    if item.kind not in _DROPPABLE:
        raise TypeError(f"a {item.kind} is never dropped")
    return f"DROP {_DROPPABLE[item.kind]} {ident(item.name)}"
