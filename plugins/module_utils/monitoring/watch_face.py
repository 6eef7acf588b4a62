# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The program on the database host:  watch.pyz [--config FILE] [--every SECONDS | --once]

It stays until it is told to end. Exit status: 0, it was told so, or has read the server once; 1, it could not; 2, it was
called in a wrong way.
"""

from __future__ import annotations

import argparse
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from ..backup.terminal import say
from ..errors import GoodNeighborError
from . import config
from .watch_loop import Watch

DEFAULT = "/etc/good_neighbor/watch.json"
FAILED = 1


def main(words: Sequence[str] | None = None) -> int:
    """Looks until it is ended, or once; the exit status."""
    given = _parser().parse_args(words)
    signal.signal(signal.SIGTERM, _end)
    os.umask(0o022)
    try:
        watch = Watch(config.read(Path(given.config)), say)
    except GoodNeighborError as error:
        say(str(error))
        return FAILED
    if given.once:
        return 0 if watch.look() else FAILED
    due = time.monotonic()
    while True:
        watch.look()
        due = max(due + given.every, time.monotonic())
        time.sleep(due - time.monotonic() if due > time.monotonic() else 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="watch.pyz", description="Watches the sessions and statements of this server.")
    parser.add_argument("--config", default=DEFAULT, help=f"the configuration (default: {DEFAULT})")
    parser.add_argument("--every", type=float, default=30.0, metavar="SECONDS", help="how often (default: 30)")
    parser.add_argument("--once", action="store_true", help="look once, and end")
    return parser


def _end(_number: int, _frame: object) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    raise SystemExit(main())
