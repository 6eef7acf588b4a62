# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the programs on hosts have in common: how they speak, and how they end when they are told to."""

from __future__ import annotations

import sys
from contextlib import suppress


def say(text: str) -> None:
    """Shows a text; what a hostile name holds besides letters moves no cursor."""
    line = "".join(char if char.isprintable() or char == "\n" else "?" for char in text)
    with suppress(BrokenPipeError):  # whoever listened has gone; the work goes on
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def end(_number: int, _frame: object) -> None:
    """A handler of signals under which everything half made is removed."""
    raise SystemExit(143)
