# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Other programs: started with nothing of our environment, ended when their time is over, and asked what they said."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from .errors import BackupError

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CHUNK = 1024 * 1024
_KEPT = 4096  # bytes of what a program says to its end


class Deadline:
    """A moment after which a program is ended. `seconds` from now."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds until then, never less than a tenth."""
        return max(0.1, self._end - time.monotonic())

    @property
    def over(self) -> bool:
        """Whether it has passed."""
        return time.monotonic() >= self._end


class Program:
    """A program at work. What it says to standard error is kept in memory, the end of it: it may speak of the data."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], **streams: Any) -> None:
        self.name = Path(command[0]).name
        try:
            self.process = subprocess.Popen(command, env=dict(environment), stderr=subprocess.PIPE, start_new_session=True,
                                            **{"stdin": subprocess.DEVNULL, **streams})
        except OSError as error:
            raise BackupError(f"{self.name} does not run: {error.strerror}") from error
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                widen(pipe.fileno())
        self._said = b""
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        for chunk in _chunks(self.process.stderr, _KEPT):
            self._said = (self._said + chunk)[-_KEPT:]

    def output(self) -> Iterator[bytes]:
        """What it writes, in large pieces: each costs a change of processes twice."""
        stream = self.process.stdout
        while stream is not None and (chunk := stream.read(CHUNK)):
            yield chunk

    @property
    def said(self) -> str:
        """The end of what it said, in one line."""
        return " ".join(self._said.decode(errors="replace").split())

    def end(self) -> int:
        """Its exit status, once it and all its output have ended."""
        status = self.process.wait()
        self._listener.join(10)
        return status

    def kill(self) -> None:
        """Ends it and what it has started at once, if it has not ended."""
        if self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Lets go of what is left of it. It has ended, or was killed."""
        self.end()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:  # what was still to be written, nobody reads
                    pass

    def fault(self) -> str:
        """What went wrong, where it ended otherwise than well; else an empty text."""
        status = self.end()
        if status == 0:
            return ""
        how = f"was ended by signal {-status}" if status < 0 else f"failed with status {status}"
        return f"{self.name} {how}" + (f": {self.said}" if self.said else "")


def run(command: Sequence[str], environment: Mapping[str, str], deadline: Deadline,
        stdin: bytes = b"") -> tuple[int, bytes, str]:
    """Exit status, output, and the end of what it said to standard error. Raises BackupError where it does not run or its
    time is over."""
    try:
        done = subprocess.run(command, env=dict(environment), input=stdin, capture_output=True, timeout=deadline.left,
                              check=False)
    except OSError as error:
        raise BackupError(f"{Path(command[0]).name} does not run: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise BackupError(f"{Path(command[0]).name} took too long and was ended") from error
    return done.returncode, done.stdout, " ".join(done.stderr[-_KEPT:].decode(errors="replace").split())


def _chunks(stream: IO[bytes] | None, size: int) -> Iterator[bytes]:
    """What a pipe brings, up to `size` bytes at a time, without waiting for more."""
    while stream is not None and (chunk := os.read(stream.fileno(), size)):
        yield chunk


def widen(pipe: int) -> None:
    """A larger pipe, where the system grants one: fewer turns."""
    try:
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, CHUNK)
    except OSError:  # the account's limit
        pass
