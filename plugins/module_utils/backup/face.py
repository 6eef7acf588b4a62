# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The program on the database host:  backup.pyz run [SERVICE...] [--accept-smaller]  |  backup.pyz list [--json]

Exit status: 0, all went well; 1, something did not; 2, it was called in a wrong way; 75, another run is at work.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from ..catalog.session import HAS_DRIVER
from ..errors import GoodNeighborError
from . import config, overview
from .config import Config
from .errors import BackupError
from .run import Busy, Run
from .terminal import end, say

DEFAULT = "/etc/good_neighbor/backup.json"
FAILED, BUSY = 1, 75


def main(words: Sequence[str] | None = None) -> int:
    """Does what the words say; the exit status."""
    given = _parser().parse_args(words)
    signal.signal(signal.SIGTERM, end)  # what is half made is removed
    os.umask(0o027)
    try:
        known = config.read(Path(given.config))
        _check_account(known)
        if given.verb == "list":
            return _list(known, given.json)
        if not HAS_DRIVER:
            raise BackupError("Python's psycopg2 is missing: install python3-psycopg2")
        return 0 if Run(known, say).run(tuple(given.services), given.accept_smaller) else FAILED
    except Busy as error:
        say(str(error))
        return BUSY
    except GoodNeighborError as error:
        say(str(error))
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="backup.pyz", description="Encrypted backups of the databases of this server.")
    parser.add_argument("--config", default=DEFAULT, help=f"the configuration (default: {DEFAULT})")
    verbs = parser.add_subparsers(dest="verb", required=True)
    run = verbs.add_parser("run", help="make backups now")
    run.add_argument("services", nargs="*", metavar="SERVICE", help="only these (default: all)")
    run.add_argument("--accept-smaller", action="store_true", help="a dump may be much smaller than the last one")
    shown = verbs.add_parser("list", help="which backups are there")
    shown.add_argument("--json", action="store_true", help="as JSON")
    return parser


def _list(known: Config, as_json: bool) -> int:
    rows = overview.overview(known, datetime.now(timezone.utc))
    say(json.dumps(rows, indent=1) if as_json else "\n".join(overview.text(rows)))
    return 0


def _check_account(known: Config) -> None:
    """Raises BackupError where another account than that of the backups runs this: its files would be in the way."""
    try:
        owner = os.stat(known.state).st_uid
    except OSError as error:
        raise BackupError(f"{known.state} cannot be read: {error.strerror}") from error
    if owner != os.geteuid():
        raise BackupError(f"run this as the account {known.role}: sudo -u {known.role} {sys.argv[0]} ...")


if __name__ == "__main__":
    raise SystemExit(main())
