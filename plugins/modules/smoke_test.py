#!/usr/bin/python
# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module smoke_test: each service comes in with its settings file, and nowhere else."""

from __future__ import annotations

DOCUMENTATION = r"""
module: smoke_test
short_description: Try whether services come in with their settings files, and nowhere else
description:
  - Connects from the host as each service does, with nothing but its settings file, and as each reader.
  - Tries every foreign database with the same login, which must be refused.
  - Reads a table as each reader, and tries to write, which must be refused. Whatever were allowed would be rolled back.
  - Fails with all that is not so.
version_added: 0.1.0
author: BBWorlds (@bbworlds)
options:
  entries:
    description: What is tried, as the filter P(bbworlds.good_neighbor.smoke_entries#filter) tells it.
    type: list
    elements: dict
    required: true
    suboptions:
      service:
        description: Whose login it is.
        type: str
        required: true
      role:
        description: The login.
        type: str
        required: true
      database:
        description: Its own database.
        type: str
        required: true
      path:
        description: The settings file. Without one, O(entries[].host), O(entries[].port) and O(entries[].password) count.
        type: path
      format:
        description: The format of the settings file.
        type: str
        choices: [dotenv, python, url]
      host:
        description: The server, by name, address or the folder of its socket.
        type: str
      port:
        description: The server's port.
        type: int
      password:
        description: The login's password.
        type: str
      foreign:
        description: The databases that must refuse it.
        type: list
        elements: str
        default: []
      never:
        description: What it must not be allowed in its own database.
        type: list
        elements: str
        choices: [INSERT, DELETE, CREATE]
        default: []
attributes:
  check_mode:
    description: Changes nothing anyway.
    support: full
requirements:
  - psycopg2
"""

EXAMPLES = r"""
- name: Each service comes in by its own door
  bbworlds.good_neighbor.smoke_test:
    entries: "{{ good_neighbor_allocation
      | bbworlds.good_neighbor.smoke_entries(good_neighbor_servers, inventory_hostname) }}"
  become: true
"""

RETURN = r"""
tried:
  description: What was tried, in order.
  returned: always
  type: list
  elements: dict
  contains:
    role: {description: The login., type: str, returned: always}
    database: {description: The database., type: str, returned: always}
    what: {description: What was tried., type: str, returned: always, sample: refused}
    wrong: {description: What is wrong with how it went. Empty where nothing is., type: str, returned: always}
report:
  description: The same for a person, without what was refused as it should be.
  returned: always
  type: str
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import smoke
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog import session
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import GoodNeighborError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.text_table import counted, table

try:
    import psycopg2
except ImportError:  # told by main
    pass

ENTRY = {
    "service": {"type": "str", "required": True},
    "role": {"type": "str", "required": True},
    "database": {"type": "str", "required": True},
    "path": {"type": "path"},
    "format": {"type": "str", "choices": ["dotenv", "python", "url"]},
    "host": {"type": "str"},
    "port": {"type": "int"},
    "password": {"type": "str", "no_log": True},
    "foreign": {"type": "list", "elements": "str", "default": []},
    "never": {"type": "list", "elements": "str", "choices": ["INSERT", "DELETE", "CREATE"], "default": []},
}
TABLES = """SELECT format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY n.nspname <> 'public', 1"""
OPTIONS = "-c lock_timeout=3s -c statement_timeout=10s"
REFUSED = "42501"  # insufficient_privilege
Tried = dict[str, str]


def knock(entry: dict[str, Any]) -> Iterator[Tried]:
    """Tries all of one entry; nothing further where its own door stays shut."""
    own = {"role": entry["role"], "database": entry["database"], "what": f"comes in with {entry['path'] or 'its password'}"}
    try:
        words = words_of(entry)
        with closing(connect(words, words["database"])) as connection:
            yield {**own, "wrong": who_is_it(connection, entry)}
            yield from statements(connection, entry)
    except (GoodNeighborError, OSError, psycopg2.Error) as error:
        yield {**own, "wrong": " ".join(str(error).split())}
        return
    for database in entry["foreign"]:
        yield {"role": entry["role"], "database": database, "what": "is refused", "wrong": stays_shut(words, database)}


def words_of(entry: dict[str, Any]) -> dict[str, str]:
    """What the entry connects with, by smoke.NAMES."""
    if entry["path"]:
        return smoke.settings(Path(entry["path"]).read_text(encoding="utf-8"), entry["format"])
    return {"host": entry["host"], "port": str(entry["port"]), "database": entry["database"], "user": entry["role"],
            "password": entry["password"]}


def connect(words: dict[str, str], database: str) -> Any:
    """A session as the service's own. Raises psycopg2's OperationalError."""
    server = session.Server({"host": words["host"], "port": words["port"], "options": OPTIONS}, database)
    return server.connect_as(words["user"], words["password"], database)


def who_is_it(connection: Any, entry: dict[str, Any]) -> str:
    """What is wrong with who came in where."""
    found = ask(connection, "SELECT session_user, current_database()")[0]
    wanted = (entry["role"], entry["database"])
    return "" if tuple(found) == wanted else f"comes in as {found[0]} in {found[1]}"


def statements(connection: Any, entry: dict[str, Any]) -> Iterator[Tried]:
    """Reads, and tries what must be refused, in the first table; a database without tables has nothing to try."""
    if not entry["never"]:
        return
    tables = ask(connection, TABLES)
    for what, text in [("SELECT", smoke.READS), *((verb, smoke.WRITES[verb]) for verb in entry["never"])]:
        if not tables and "{table}" in text:
            continue
        code = attempt(connection, text.format(table=tables[0][0] if tables else ""))
        refused = what != "SELECT"
        yield {"role": entry["role"], "database": entry["database"],
               "what": f"is refused {what}" if refused else "reads",
               "wrong": "" if code == (REFUSED if refused else "") else f"{what}: {code or 'is allowed'}"}


def ask(connection: Any, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(query)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    connection.rollback()
    return rows


def attempt(connection: Any, statement: str) -> str:
    """The code of the error (PostgreSQL's appendix A), empty where there was none. Rolls back."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    except psycopg2.Error as error:
        return str(error.pgcode)
    finally:
        connection.rollback()
    return ""


def stays_shut(words: dict[str, str], database: str) -> str:
    """What is wrong with a foreign database: that it opens. Its own door has opened with the same words, so a refusal is
    this door's."""
    try:
        connect(words, database).close()
    except psycopg2.OperationalError:
        return ""
    return "it opens"


def report(tried: list[Tried]) -> str:
    """A table of who came in and of all that is wrong, and how many were refused as they should be."""
    shut = [one for one in tried if one["what"].startswith("is refused") and not one["wrong"]]
    rows = [(one["role"], one["database"], one["what"], one["wrong"] or "yes") for one in tried if one not in shut]
    return "\n".join(["", *table(("who", "database", "what", "is it so"), rows),
                      f"{counted(len(shut), 'attempt')} refused, as it should be"])


def main() -> None:
    """Tries all, then fails if something is not so."""
    spec = {"entries": {"type": "list", "elements": "dict", "required": True, "options": ENTRY}}
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    if not session.HAS_DRIVER:
        module.fail_json(msg=missing_required_lib("psycopg2"))
    tried = [one for entry in module.params["entries"] for one in knock(entry)]
    wrong = [f"{one['role']} in {one['database']}: {one['what']}: {one['wrong']}" for one in tried if one["wrong"]]
    if wrong:
        module.fail_json(msg="\n".join(["these smoke tests failed:", *wrong]), tried=tried, report=report(tried))
    module.exit_json(changed=False, tried=tried, report=report(tried))


if __name__ == "__main__":
    main()
