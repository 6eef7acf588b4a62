"""Has every Python of a run write down what it sends to the system log, into the file that GN_SYSLOG names, and each process
that it is or starts, with arguments and environment, into the one that GN_STARTED names.

Python tells of every start before it happens: https://docs.python.org/3/library/audit_events.html
"""

from __future__ import annotations

import os
import sys
import syslog
from collections.abc import Mapping
from typing import Any

STARTS = ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "pty.spawn")
_send = syslog.syslog


def _note(variable: str, text: str) -> None:
    with open(os.environ[variable], "a", encoding="utf-8", errors="replace") as file:
        file.write(f"{text}\n")


def _both(*words: Any) -> None:
    _note("GN_SYSLOG", str(words[-1]))
    _send(*words)


def _words(value: object) -> str:
    """What stands in arguments and environments, a line each."""
    if isinstance(value, Mapping):
        return "\n".join(f"{_words(name)}={_words(entry)}" for name, entry in value.items())
    if isinstance(value, (list, tuple)):
        return "\n".join(map(_words, value))
    return os.fsdecode(value) if isinstance(value, bytes) else str(value)


def _told(event: str, arguments: tuple[object, ...]) -> None:
    if event in STARTS:
        _note("GN_STARTED", f"{event}: {_words(arguments)}")


if "GN_SYSLOG" in os.environ:
    syslog.syslog = _both
if "GN_STARTED" in os.environ:
    _note("GN_STARTED", _words([sys.orig_argv, dict(os.environ)]))
    sys.addaudithook(_told)
