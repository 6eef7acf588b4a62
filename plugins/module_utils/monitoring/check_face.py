# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The program on the database host:  check.pyz [--config FILE]

Exit status: 0, the server was compared with its matrix, whatever was found; 1, it was not; 2, it was called in a wrong way.
"""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Sequence
from pathlib import Path

from ..backup.terminal import end, say
from ..errors import GoodNeighborError
from . import check, config

DEFAULT = "/etc/good_neighbor/check.json"
FAILED = 1


def main(words: Sequence[str] | None = None) -> int:
    """Does it once; the exit status."""
    parser = argparse.ArgumentParser(prog="check.pyz", description="Is this server as the matrix says? Changes nothing.")
    parser.add_argument("--config", default=DEFAULT, help=f"the configuration (default: {DEFAULT})")
    given = parser.parse_args(words)
    signal.signal(signal.SIGTERM, end)
    os.umask(0o022)
    try:
        for line in check.run(config.read(Path(given.config))):
            say(line)
    except GoodNeighborError as error:
        say(f"not checked: {error}")
        return FAILED
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
