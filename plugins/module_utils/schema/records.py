# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which schema files a database has seen: a table in the database itself, which only superusers may touch.

The shape, for the model: schema `good_neighbor`, owned by the superuser who made it, no ACL (nobody else may USE it);
in it one ordinary table `schema_file` of the same owner, no ACL, with the primary key `schema_file_pkey` on `path`
and the checks `schema_file_state_check`, `schema_file_xid_check`. Nothing else: no sequence, function, trigger, policy.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .files import Record, SchemaFile

SCHEMA = "good_neighbor"
TABLE = "schema_file"
STATEMENTS: tuple[str, ...] = ()


def ensure(cursor: Any) -> bool:
    """Make the bookkeeping where it is missing; whether it was. Raises SchemaFileError where it is not ours."""
    raise NotImplementedError


def read(cursor: Any) -> tuple[Record, ...]:
    """The records of this database in the order of their paths; none where there is no bookkeeping. Changes nothing.

    Raises SchemaFileError where something else bears its name: reading a view of a stranger would run the stranger's
    code as the superuser.
    """
    raise NotImplementedError


def record_baseline(cursor: Any, files: Iterable[SchemaFile]) -> None:
    """Record `files` as there already, without running them; what is recorded stays as it is."""
    raise NotImplementedError
