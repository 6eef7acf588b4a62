# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SQL for what few databases have: one query asks what there is of it, and only that is read.

A new session plans with empty caches: what thirty catalogs are joined with costs it more than all that is in them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..record import record
from .raw import rows
from .session import Cursor

# conditions that several have in common, so that a large catalog is looked through once for all of them
# {born} is of the snapshot. Most of the rows that initdb wrote are of transaction 1, which needs no conversion
WRITTEN_ANEW = "o.xmin <> '1' AND o.xmin::text::int8 > {born}"
ODD_ROUTINE = ("o.prosecdef OR o.oid < 16384 AND (o.proconfig IS NOT NULL OR o.prolang NOT IN (12, 13, 14)"
               f" OR {WRITTEN_ANEW})")
ODD_RULE = f"o.ev_class < 16384 AND (o.oid >= 16384 OR {WRITTEN_ANEW})"
ODD_RELATION = "o.relkind = 'c' OR o.relispartition OR o.oid >= 16384 AND o.reltablespace <> 0"


@record(frozen=True)
class Rare:
    """`query` yields rows only where a row, named o, of `catalog` meets `where`.

    Where that is empty, any row will do: so it is for the catalogs that initdb leaves empty.
    """

    catalog: str
    where: str
    query: str


def of(catalog: str, columns: str, where: str = "", joins: str = "", further: str = "") -> Rare:
    """`columns` of the rows of `catalog` that meet `where`. `joins` and `further` may only take rows away."""
    rows_of = f"pg_catalog.{catalog} o {joins}\nWHERE ({where or 'true'}) {further}"
    return Rare(catalog, where, f"SELECT {columns}\nFROM {rows_of}")


def not_of_an_extension(catalog: str) -> str:
    """A further condition: the row of `catalog` belongs to no extension."""
    return (f"AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.{catalog}'::regclass"
            " AND e.objid = o.oid AND e.deptype = 'e')")


def filled(wanted: Iterable[Rare], **numbers: int) -> list[Rare]:
    """The same with `numbers` in place of their names in braces."""
    def fill(text: str) -> str:
        for name, number in numbers.items():
            text = text.replace(f"{{{name}}}", str(number))
        return text
    return [Rare(one.catalog, fill(one.where), fill(one.query)) for one in wanted]


def there(cursor: Cursor, wanted: Iterable[Rare]) -> frozenset[Rare]:
    """Those of which the database may have rows."""
    known = list(wanted)
    asked = list(dict.fromkeys(map(_asked, known)))
    answers = dict(zip(asked, rows(cursor, "SELECT " + ",\n".join(asked))[0]))
    return frozenset(one for one in known if answers[_asked(one)])


def _asked(one: Rare) -> str:
    """A condition. Whether a catalog has a page, and so may have a row, needs no plan."""
    name = f"pg_catalog.{one.catalog}"
    if one.where:
        return f"EXISTS (SELECT FROM {name} o WHERE {one.where})"
    return f"pg_catalog.pg_relation_size('{name}'::regclass) > 0"


def union(queries: Iterable[str]) -> str:
    """One query for the rows of all."""
    return "\nUNION ALL\n".join(queries)


def read(cursor: Cursor, wanted: Iterable[Rare], found: frozenset[Rare]) -> list[tuple[Any, ...]]:
    """The rows of those that were `found` to be there."""
    queries = dict.fromkeys(one.query for one in wanted if one in found)
    return rows(cursor, union(queries)) if queries else []
