# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filled database gets its name; in place of the live one, which gives way as a whole and is kept.

The names change in one transaction: at any moment there is exactly one database of the service's name, the old or the new.
https://www.postgresql.org/docs/current/sql-alterdatabase.html
"""

from __future__ import annotations

import time
from typing import Any

from .. import sql
from .errors import BackupError
from .restore_plan import KEPT, RESTORED, Names, Wanted, mark

_PATIENCE = 30.0  # seconds for the ended sessions to be gone


def rename(cursor: Any, wanted: Wanted, names: Names) -> None:
    """The filled database stands beside the live one; nobody but superusers may enter it."""
    _alone(cursor, names.work)
    cursor.execute("; ".join(_takes_name(wanted, names)))


def exchange(cursor: Any, wanted: Wanted, names: Names, owner: str, *, there: bool) -> None:
    """The filled database takes the live one's place, and is its owner's. `there`: whether there is a live one.

    Raises BackupError where its sessions do not end: then it is open again, and as it was.
    """
    new = [*_takes_name(wanted, names), f"ALTER DATABASE {sql.ident(names.target)} OWNER TO {sql.ident(owner)}"]
    _alone(cursor, names.work)
    if not there:
        cursor.execute("; ".join(new))
        return
    live, kept = sql.ident(names.target), sql.ident(names.kept)
    comment = sql.literal(mark(KEPT, wanted.service, wanted.stamp))
    cursor.execute(f"ALTER DATABASE {live} ALLOW_CONNECTIONS false")
    try:
        _alone(cursor, names.target)
        cursor.execute("; ".join([
            f"ALTER DATABASE {live} RENAME TO {kept}", f"ALTER DATABASE {kept} OWNER TO CURRENT_USER",
            f"COMMENT ON DATABASE {kept} IS {comment}", *new]))
    except BaseException:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (names.kept,))
        if not cursor.fetchall():
            cursor.execute(f"ALTER DATABASE {live} ALLOW_CONNECTIONS true")
        raise


def _takes_name(wanted: Wanted, names: Names) -> list[str]:
    target = sql.ident(names.target)
    return [f"ALTER DATABASE {sql.ident(names.work)} RENAME TO {target}",
            f"COMMENT ON DATABASE {target} IS {sql.literal(mark(RESTORED, wanted.service, wanted.stamp))}"]


def _alone(cursor: Any, database: str) -> None:
    """Ends the sessions of one database, and waits until they are gone. Raises BackupError."""
    end = time.monotonic() + _PATIENCE
    while True:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (database,))
        if not cursor.fetchall():
            break
        if time.monotonic() > end:
            raise BackupError(f"sessions of database {database} do not end: look at pg_stat_activity, and run again")
        time.sleep(0.05)
    cursor.execute("SELECT gid FROM pg_prepared_xacts WHERE database = %s", (database,))
    prepared = [str(gid) for (gid,) in cursor.fetchall()]
    if prepared:
        raise BackupError(f"database {database} has prepared transactions ({', '.join(prepared)[:200]}): commit or roll "
                          "them back, and run again")
