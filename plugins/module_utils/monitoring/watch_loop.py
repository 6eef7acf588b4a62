# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The watch as a program: one session that stays, for a new one may be refused when it matters most."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ..catalog.session import DRIVER, Cursor, Server
from ..errors import GoodNeighborError
from ..whole_file import write_whole
from . import expose, watch
from .config import Config
from .expose import Sample
from .session import Watching

NAME = "watch"
FAULTS: tuple[type[Exception], ...] = (GoodNeighborError, *DRIVER)
TIME = "good_neighbor_watch_timestamp_seconds"


class Watch:
    """`look` reads the server once. `say` takes one line for a person, when something has changed."""

    def __init__(self, config: Config, say: Callable[[str], None]) -> None:
        self.config, self.say, self.matrix = config, say, config.matrix
        self._server: Server = Watching(config)
        self._connection: Any = None
        self._last: list[Sample] = []  # when the last look was
        self._fault = ""

    def look(self) -> bool:
        """Whether the server was read and the metrics are there. Where the server is away they say nothing of it but when it
        was seen last."""
        fault = ""
        try:
            found = watch.look(self._cursor(), self.matrix, self.config.server)
            self._last = [sample for sample in found if sample.name == TIME]
        except FAULTS as error:
            self._end()
            fault, found = " ".join(str(error).split()), self._last
        try:
            self.config.metrics(NAME).parent.mkdir(mode=0o755, exist_ok=True)
            write_whole(self.config.metrics(NAME), expose.text(found, watch.HELPS).encode(), 0o644)
        except OSError as error:
            fault = fault or f"the metrics cannot be written: {error.strerror}: {error.filename}"
        if fault != self._fault:
            self.say(f"not watched: {fault}" if fault else "watched again")
        self._fault = fault
        return not fault

    def _cursor(self) -> Cursor:
        if self._connection is None:
            self._connection = self._server.connect()
        cursor: Cursor = self._connection.cursor()
        return cursor

    def _end(self) -> None:
        if self._connection is not None:
            with suppress(*DRIVER):
                self._connection.close()
        self._connection = None
