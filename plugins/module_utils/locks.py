# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Transactions behind which nobody queues: no lock is held while another is waited for.

A table is locked NOWAIT. Where PostgreSQL has no NOWAIT (views, sequences, rows of catalogs) a wait ends after
milliseconds. What cannot have all its locks gives back those that it has, pauses, and tries again, a few times.
https://www.postgresql.org/docs/current/sql-lock.html, https://www.postgresql.org/docs/current/runtime-config-client.html
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

PAUSES = (0.02, 0.05, 0.1, 0.2, 0.4)  # seconds between the tries
WAIT = "10ms"  # as long as somebody may have to queue behind us
_NOT_NOW = ("55P03", "40P01", "57014")  # lock_not_available, deadlock_detected, query_canceled
# no code of their own: somebody else has changed or dropped in the same moment what a statement names
_CONCURRENTLY = ("tuple concurrently updated", "tuple concurrently deleted", "cache lookup failed")
# what a statement names is not there any more: table, object, function, schema, column, database
_GONE = ("42P01", "42704", "42883", "3F000", "42703", "3D000")
_IN_USE = "2BP01"  # dependent_objects_still_exist
T = TypeVar("T")


class NotNow(Exception):
    """A lock was not got. `gone`: what was to be locked is not there any more; `final`: to try again at once is no use."""

    def __init__(self, said: str, *, gone: bool = False, final: bool = False) -> None:
        super().__init__(said)
        self.gone, self.final = gone, gone or final


def said(error: Exception) -> str:
    """The server's own sentence: its details could quote a statement, and a statement a secret."""
    diagnosis = getattr(error, "diag", None)
    return str(diagnosis.message_primary if diagnosis is not None and diagnosis.message_primary else error).strip()


def not_now(error: Exception) -> NotNow | None:
    """A driver's error as NotNow, where it is one."""
    code, words = getattr(error, "pgcode", None), said(error)
    if code in _GONE:
        return NotNow(f"{words} any more", gone=True)
    if code == _IN_USE:
        return NotNow(words, final=True)
    return NotNow(words) if code in _NOT_NOW or any(one in words for one in _CONCURRENTLY) else None


def transaction(cursor: Any, work: Callable[[], None]) -> None:
    """`work` in one transaction, in which no statement waits for a lock longer than WAIT. Raises what `work` raises, with
    nothing left of it and every lock given back."""
    cursor.execute("BEGIN")
    try:
        cursor.execute(f"SET LOCAL lock_timeout = '{WAIT}'")
        work()
        cursor.execute("COMMIT")
    except BaseException:
        if not cursor.connection.closed:
            cursor.execute("ROLLBACK")
        raise


def tried(attempt: Callable[[T], None], units: Sequence[T]) -> list[tuple[T, NotNow]]:
    """`attempt` for each unit, again after each pause for those that got no lock; which never did, and why."""
    todo, failed = list(units), list[tuple[T, NotNow]]()
    for pause in (*PAUSES, None):
        busy = [(unit, error) for unit in todo for error in (_error(attempt, unit),) if error is not None]
        failed += [(unit, error) for unit, error in busy if error.final or pause is None]
        todo = [unit for unit, error in busy if not error.final]
        if not todo or pause is None:
            break
        time.sleep(pause)
    return failed


def _error(attempt: Callable[[T], None], unit: T) -> NotNow | None:
    try:
        attempt(unit)
    except NotNow as error:
        return error
    return None
