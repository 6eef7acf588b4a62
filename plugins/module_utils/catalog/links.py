# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What must change hands together: a view reads its tables with its owner's rights, a function may do anything with its, and
a foreign key is checked as a table's owner, who must be able to enter its schema."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..items import ROUTINES, Obj
from ..order import Step, objects
from .raw import rows
from .session import Cursor

# relations whose rules name other relations, and functions that run as their owner
# https://www.postgresql.org/docs/current/rules-privileges.html
LINKS = """
SELECT n.nspname::text, v.relname::text, m.nspname::text, t.relname::text
FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
JOIN pg_catalog.pg_class v ON v.oid = r.ev_class JOIN pg_catalog.pg_namespace n ON n.oid = v.relnamespace
JOIN pg_catalog.pg_class t ON t.oid = d.refobjid JOIN pg_catalog.pg_namespace m ON m.oid = t.relnamespace
WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
  AND v.oid >= 16384 AND v.oid <> t.oid
UNION SELECT n.nspname::text, p.proname::text, '', '' FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE p.prosecdef AND p.oid >= 16384"""
_ALL = ("", "")
_MOST = 1000  # objects that go together with their schema: the server has room for so many locks, not for any number
Name = tuple[str, str]


def groups(cursor: Cursor, steps: Sequence[Step]) -> list[list[Step]]:
    """Changes of owner (and of grants of the same objects) in as many groups as can run apart from one another.

    `cursor` is in their database; it is asked once.
    """
    links = [((schema, name), (other_schema, other)) for schema, name, other_schema, other in rows(cursor, LINKS)]
    definers = {name for name, other in links if other == _ALL}
    if any(obj.kind in ROUTINES and (obj.schema, obj.name) in definers for step in steps for obj in objects(step)):
        return [list(steps)]
    links = [link for link in links if link[1] != _ALL]
    return [part for group in connected(steps, links, schemas=True)
            for part in ([group] if sum(len(step.moves) for step in group) <= _MOST else connected(group, links))]


def connected(steps: Sequence[Step], links: Iterable[tuple[Name, Name]], *, schemas: bool = False) -> list[list[Step]]:
    """Steps that share an object, or objects that `links` join, directly or not, are in one group, in the order of their
    first steps. `schemas`: so are a schema that changes hands and what lies in it."""
    root: dict[object, object] = {}

    def find(one: object) -> object:
        while root.get(one, one) != one:
            one = root[one]
        return one

    for pair in links:
        root[find(pair[0])] = find(pair[1])
    moved = {obj for step in steps for obj in step.moves if obj.kind == "SCHEMA"} if schemas else set()
    for step in steps:
        for obj in objects(step):
            schema = Obj(obj.database, "SCHEMA", "", obj.schema)
            for one in (_name(obj), *({schema} & moved)):
                root[find(step)] = find(one)
    found: dict[object, list[Step]] = {}
    for step in steps:
        found.setdefault(find(step), []).append(step)
    return list(found.values())


def _name(obj: Obj) -> object:
    relation = obj.kind in ("TABLE", "VIEW", "MATERIALIZED VIEW", "FOREIGN TABLE", "SEQUENCE")
    return (obj.schema, obj.name) if relation else obj
