"""A service under load: it opens so many connections a second, with its own settings, and does its work in each."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg2

Work = Callable[[], None]  # opens a connection, works, closes it; raises psycopg2.Error


@dataclass
class Load:
    """What the service met. `longest` in seconds: connection, work and end together."""

    number: int = 0
    seconds: float = 0.0
    longest: float = 0.0
    failures: list[str] = field(default_factory=list)
    lock: Any = field(default_factory=threading.Lock, repr=False)

    def __str__(self) -> str:
        rate = self.number / self.seconds if self.seconds else 0
        return (f"{self.number} connections in {self.seconds:.1f} s ({rate:.0f} a second), {len(self.failures)} failures, "
                f"the longest took {self.longest * 1000:.0f} ms")

    def note(self, took: float, failure: str = "") -> None:
        """One more connection."""
        with self.lock:
            self.number += 1
            self.longest = max(self.longest, took)
            if failure:
                self.failures.append(failure)


@contextmanager
def load(works: Sequence[Work], rate: float = 50, clients: int = 8) -> Iterator[Load]:
    """While it lasts, `clients` share out the works in turn, together `rate` a second, each never more than one at once."""
    found, ended, start = Load(), threading.Event(), time.monotonic()

    def client(number: int) -> None:
        turn = number
        while not ended.wait(max(0.0, start + turn / rate - time.monotonic())):
            began, failure = time.monotonic(), ""
            try:
                works[turn % len(works)]()
            except psycopg2.Error as error:
                failure = f"after {began - start:.2f} s: {error}".strip()
            found.note(time.monotonic() - began, failure)
            turn += clients

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        ended.set()
        for thread in threads:
            thread.join()
        found.seconds = time.monotonic() - start
