# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The row of one database, as plain keys in the order of the matrix, and what a human must know of each."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .. import hide
from ..items import BOOKKEEPING, Database, Extension, Role, Setting, Table, Thing, may_lead_out
from ..matrix.containers import Kind, Settings
from ..matrix.fields import extensions as extension_names
from ..matrix.kinds import name, setting_value, text
from ..matrix.place import Place
from ..matrix.types import ACTIVE, RETIRED
from .addresses import proposed
from .facts import Facts
from .names import fits
from .people import Home

READER_LIMIT = 3
# values of an application's own settings that hold no secret
_HARMLESS = re.compile(r"[a-z]{1,12}|[-+0-9.]{1,10}[A-Za-z]{0,3}")


@dataclass
class Entry:
    """A row, or another mapping of the draft: its keys, and comments."""

    keys: dict[str, Any]
    notes: list[str] = field(default_factory=list)


def row(facts: Facts, home: Home, service: str, server: str, variables: dict[str, str]) -> Entry:
    """The row of an open database; its limit is set later. `variables`: the vaulted variable of each role's password."""
    database = home.database
    entry = Entry({"service": service, "server": server, "database": database, "owner": home.owner}, list(home.notes))
    keys, notes = entry.keys, entry.notes
    if home.logins:
        keys["logins"] = [{"role": role, "password": _secret(variables, role)} for role in home.logins]
    else:
        keys["password"] = _secret(variables, home.owner)
    if home.soft_delete_only:
        keys["soft_delete_only"] = True
    keys |= {"purpose": f"TODO: what database {database} is for", "status": ACTIVE, "connection_limit": 0,
             "backup": "critical"}
    if database in facts.snapshot.unseen:
        notes.append(f"TODO: its inside could not be looked at ({facts.snapshot.unseen[database]}): tables, extensions, "
                     "readers are unknown")
    if home.readers:
        keys["readers"] = [_reader(facts, role, database, variables, notes) for role in home.readers]
    keys |= {key: value for key, value in _inside(facts, database, notes).items() if value}
    keys |= _settings(facts, home, notes)
    addresses, more = proposed(facts, home.entering, database)
    if addresses:
        keys["client_addresses"] = addresses
    notes += more
    return entry


def closed(home: Home, service: str, server: str) -> Entry:
    """The row of a database that refuses connections: active would open it."""
    return Entry(
        {"service": service, "server": server, "database": home.database, "owner": home.owner,
         "purpose": f"TODO: what database {home.database} was for", "status": RETIRED, "backup": "critical"},
        ["TODO: it refuses connections, so it is drafted as retired: kept, backed up, entered by nobody. Active opens it",
         *home.notes])


def _reader(facts: Facts, role: str, database: str, variables: dict[str, str], notes: list[str]) -> dict[str, Any]:
    present = facts.snapshot.model.get(Role, role)
    seen = facts.seen.peaks.get((database, role), 0)
    limit = present.limit if present is not None and present.limit > 0 else max(READER_LIMIT, 2 * seen)
    keys: dict[str, Any] = {"role": role, "password": _secret(variables, role), "connection_limit": limit}
    addresses, more = proposed(facts, [role], database)
    if addresses:
        keys["client_addresses"] = addresses
    notes += [f"reader {role}: {note}" for note in more]
    return keys


def _inside(facts: Facts, database: str, notes: list[str]) -> dict[str, Any]:
    """What lies in it: extensions, tables, vectors, publications."""
    model = facts.snapshot.model
    tables = [table for table in model.near(Table, database) if table.schema != BOOKKEEPING]
    extensions = [one.name for one in model.near(Extension, database) if one.name != "plpgsql"]
    for road in filter(may_lead_out, extensions):  # declared, it would be silent; a draft never blesses it
        notes.append(f"TODO: extension {road} is installed; it leads out of the database, stays out of here and is reported")
    names = [table.name for table in tables
             if table.schema == "public" and table.kind in ("TABLE", "FOREIGN TABLE") and not table.parent]
    return {
        "extensions": _fitting(extension_names.kind, [one for one in extensions if not may_lead_out(one)],
                               "extension", notes),
        "tables": _fitting(text, names, "table", notes),
        "vectors": any(table.vectors for table in tables),
        "publications": _fitting(name, [thing.name for thing in model.near(Thing, database)
                                        if thing.kind == "publication"], "publication", notes)}


def _fitting(kind: Kind, found: Iterable[str], what: str, notes: list[str]) -> list[str]:
    """Those that the matrix takes; the others are told."""
    fitting = []
    for word in found:
        if fits(kind, word):
            fitting.append(word)
        else:
            notes.append(f"TODO: {what} {word!r} has a name that cannot stand here: rename it")
    return fitting


def _settings(facts: Facts, home: Home, notes: list[str]) -> dict[str, Any]:
    """What is stored for the database, or for its one login: a login's own wins today, and moves to the database."""
    stored = sorted(facts.snapshot.model.of(Setting).values())
    login = home.entering[0] if len(home.entering) == 1 else None
    found: dict[str, str] = {}
    for database, role in ((home.database, ""), ("", login), (home.database, login)):
        for setting in stored:
            if (setting.database, setting.role) != (database, role):
                continue
            if role:
                notes.append(f"setting {setting.name} is stored for role {role} today; enforce moves it to the database")
            found[setting.name] = setting.value
    several = {setting.role for setting in stored if setting.role in home.entering} if login is None else set()
    notes += [f"TODO: settings are stored for role {role}; they cannot stand for one of several logins, and enforce resets "
              "them" for role in sorted(several)]
    for key in sorted(found):
        problems: list[Any] = []
        Settings(setting_value).read({key: found[key]}, Place("", "", problems))
        if problems or _may_be_secret(key, found[key]):
            why = "its value may be a secret" if not problems else "it cannot stand here"
            notes.append(f"TODO: setting {key} is left out ({why}), and enforce will reset it: write it here if the service "
                         "needs it")
            del found[key]
    return {"settings": dict(sorted(found.items()))} if found else {}


def _may_be_secret(name: str, value: str) -> bool:
    """Whether a stored setting may hold a secret: by its words, or as an application's own that is no word or number."""
    told = hide.value(Setting("", "", name.replace(".", "_"), value)) != value
    return told or ("." in name and not _HARMLESS.fullmatch(value))


def _secret(variables: dict[str, str], role: str) -> str:
    return f"{{{{ {variables[role]} }}}}"


def is_closed(database: Database) -> bool:
    """Whether it refuses connections."""
    return not database.connections
