# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The program on the drill host:  drill.pyz run [SERVICE...]  |  drill.pyz status [--json]  |  drill.pyz clean

Exit status: 0, all is well; 1, something is not (a drill failed, or the last good one is too old); 2, it was called in a
wrong way; 75, another drill is at work.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from ..catalog.session import HAS_DRIVER
from ..errors import GoodNeighborError
from . import drill_config, drill_record, drill_scratch
from .drill import RECORD, Drills
from .drill_config import Config
from .errors import BackupError
from .run import Busy, alone
from .terminal import end, say

DEFAULT = "/etc/good_neighbor/drill.json"
FAILED, BUSY = 1, 75


def main(words: Sequence[str] | None = None) -> int:
    """Does what the words say; the exit status."""
    given = _parser().parse_args(words)
    signal.signal(signal.SIGTERM, end)  # the scratch cluster is removed
    os.umask(0o077)
    try:
        known = drill_config.read(Path(given.config))
        if given.verb == "status":
            return _status(known, given.json)
        if given.verb == "clean":
            with alone(Path(known.state)):
                drill_scratch.clean(Path(known.state))
            return 0
        if not HAS_DRIVER:
            raise BackupError("Python's psycopg2 is missing: install python3-psycopg2")
        return 0 if Drills(known, say).run(tuple(given.services)) else FAILED
    except Busy:
        say("another drill is at work; this one has done nothing")
        return BUSY
    except GoodNeighborError as error:
        say(str(error))
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="drill.pyz", description="Proves backups by restoring them.")
    parser.add_argument("--config", default=DEFAULT, help=f"the configuration (default: {DEFAULT})")
    verbs = parser.add_subparsers(dest="verb", required=True)
    run = verbs.add_parser("run", help="restore them now, and remove them again")
    run.add_argument("services", nargs="*", metavar="SERVICE", help="only these (default: all)")
    shown = verbs.add_parser("status", help="what the last drills have found; fails where one failed or is too old")
    shown.add_argument("--json", action="store_true", help="as JSON")
    verbs.add_parser("clean", help="remove what a killed drill has left")
    return parser


def _status(known: Config, as_json: bool) -> int:
    record, now = drill_record.Record.read(Path(known.state) / RECORD), datetime.now(timezone.utc)
    say(json.dumps(drill_record.as_mapping(known, record, now), indent=1) if as_json
        else "\n".join(drill_record.told(known, record, now)))
    return FAILED if drill_record.faults(known, record, now) else 0
