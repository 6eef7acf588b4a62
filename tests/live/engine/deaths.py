"""A process that runs the engine and dies before the n-th thing that it asks of the server."""

from __future__ import annotations

import itertools
import os
import signal
import traceback
from collections.abc import Callable
from typing import Any

import psycopg2.extensions
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import engine
from live.engine.neighborhood import Neighborhood


def dies(library: Neighborhood, before: int) -> bool:
    """Whether the process met its end before the thing with this number; else it ended its work."""
    asked = itertools.count()

    def ask() -> None:
        if next(asked) == before:
            os.kill(os.getpid(), signal.SIGKILL)

    process = os.fork()
    if process == 0:
        try:
            engine.enforce(library.server(**asking(ask)), library.request())
        except BaseException:  # whatever it is: a test's process must not go on as a second one
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    assert code in (0, -signal.SIGKILL), code
    return code != 0


def last_moment(library: Neighborhood) -> int:
    """The number of the last thing that a whole run asks for."""
    asked = itertools.count()
    engine.enforce(library.server(**asking(lambda: next(asked))), library.request())
    return next(asked) - 1


def asking(moment: Callable[[], Any]) -> dict[str, Any]:
    """What to connect with so that `moment` is called before a statement, a commit and the end of a session."""

    class Cursor(psycopg2.extensions.cursor):
        def execute(self, query: Any, vars: Any = None) -> None:
            moment()
            super().execute(query, vars)

    class Connection(psycopg2.extensions.connection):
        def commit(self) -> None:
            moment()
            super().commit()

        def close(self) -> None:
            moment()
            super().close()

    return {"cursor_factory": Cursor, "connection_factory": Connection}
