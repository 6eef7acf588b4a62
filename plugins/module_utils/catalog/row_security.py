# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Row security: its tables, whom their policies name, and what reads them as its own owner."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..items import Obj
from .raw import name_of
from .rare import of
from .snapshot import Row, RowSecurity, Snapshot

_HAS = "o.relrowsecurity"
# the view or 0, the table, whether the table's owner obeys too, the roles that its policies name. A view shows what its
# own owner may see of the tables that it names itself, unless it is a security invoker's.
ROW_SECURITY = (
    of("pg_class", """0::int8, o.oid::int8, o.relforcerowsecurity, ARRAY(
         SELECT DISTINCT r::int8 FROM pg_catalog.pg_policy p, pg_catalog.unnest(p.polroles) r
         WHERE p.polrelid = o.oid AND r <> 0)""", _HAS),
    of("pg_class", "w.ev_class::int8, o.oid::int8, false, '{}'::int8[]", _HAS,
       """JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = o.oid
       AND d.classid = 'pg_catalog.pg_rewrite'::regclass
     JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid JOIN pg_catalog.pg_class v ON v.oid = w.ev_class""",
       """AND v.oid <> o.oid AND NOT EXISTS (
  SELECT FROM pg_catalog.pg_options_to_table(v.reloptions) x
  WHERE x.option_name = 'security_invoker' AND x.option_value::boolean)
GROUP BY w.ev_class, o.oid"""))


def put(found: Iterable[Row], objects: Mapping[int, Obj], snapshot: Snapshot, names: Mapping[int, str]) -> None:
    """Put the rows of ROW_SECURITY into `snapshot`. `objects`: the database's relations, `names`: all roles, by oid."""
    for view, table, forced, roles in found:
        obj, reader = objects.get(table), objects.get(view)
        if obj is not None and not view:
            snapshot.row_security[obj] = RowSecurity(forced, frozenset(name_of(names, role) for role in roles))
        elif obj is not None and reader is not None:
            snapshot.row_readers.setdefault(reader, set()).add(obj)
