# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A stream out of one program, measured on its way, into age and so to disk: no byte of it is ever on disk as it is."""

from __future__ import annotations

import hashlib
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from .commands import Deadline, Program
from .errors import BackupError
from .manifest import Content


class Encryption:
    """Writes files that only the holders of the recipients' private keys can read."""

    def __init__(self, recipients: Sequence[str], environment: Mapping[str, str]) -> None:
        self.command = ["age", *(word for key in recipients for word in ("-r", key))]
        self.environment = environment

    def stream(self, source: Sequence[str], into: Path, deadline: Deadline, environment: Mapping[str, str],
               lists: Sequence[str] = ()) -> Content:
        """What `source` wrote, encrypted into a new file. `lists`: a program that must be able to list the stream, and may
        end before it has read all. Raises BackupError where one of them fails, or the deadline passes."""
        with _new(into) as file, _ended(deadline) as programs:
            writer = programs.start(self.command, self.environment, stdin=subprocess.PIPE, stdout=file)
            reader = programs.start(lists, self.environment, stdin=subprocess.PIPE,
                                    stdout=subprocess.DEVNULL) if lists else None
            producer = programs.start(source, environment, stdout=subprocess.PIPE)
            content = _pump(producer, writer, reader)
            faults = [fault for program in (producer, writer, reader) if program and (fault := program.fault())]
            if deadline.over:
                raise BackupError(f"{producer.name} took too long and was ended")
            if faults:
                raise BackupError("; ".join(faults))
            os.fsync(file.fileno())
        return content

    def bytes(self, content: bytes, into: Path, deadline: Deadline) -> None:
        """Writes `content` itself, encrypted into a new file."""
        with _new(into) as file, _ended(deadline) as programs:
            writer = programs.start(self.command, self.environment, stdin=subprocess.PIPE, stdout=file)
            _feed(writer, content)
            _close(writer)
            if fault := writer.fault():
                raise BackupError(fault)
            os.fsync(file.fileno())


class _Programs:
    def __init__(self) -> None:
        self.running: list[Program] = []

    def start(self, command: Sequence[str], environment: Mapping[str, str], **streams: Any) -> Program:
        self.running.append(Program(command, environment, **streams))
        return self.running[-1]

    def kill(self) -> None:
        for program in self.running:
            program.kill()


@contextmanager
def _ended(deadline: Deadline) -> Iterator[_Programs]:
    """Programs that end with the block, or with the deadline."""
    programs = _Programs()
    timer = threading.Timer(deadline.left, programs.kill)
    timer.daemon = True
    timer.start()
    try:
        yield programs
    finally:
        timer.cancel()
        programs.kill()
        for program in programs.running:
            program.close()


@contextmanager
def _new(path: Path) -> Iterator[IO[bytes]]:
    try:
        with open(path, "xb", buffering=0) as file:
            os.fchmod(file.fileno(), 0o640)
            yield file
    except OSError as error:
        raise BackupError(f"{path.name} could not be written: {error.strerror}") from error


def _pump(producer: Program, writer: Program, reader: Program | None) -> Content:
    """Carries the stream to where it goes, until it ends or nobody takes it."""
    total, digest = 0, hashlib.sha256()
    for chunk in producer.output():
        if not _feed(writer, chunk):
            producer.kill()
            break
        if reader is not None and not _feed(reader, chunk):
            _close(reader)
            reader = None
        digest.update(chunk)
        total += len(chunk)
    _close(writer)
    if reader is not None:
        _close(reader)
    return Content(total, digest.hexdigest())


def _feed(program: Program, chunk: bytes) -> bool:
    """Whether the program took it."""
    pipe = program.process.stdin
    if pipe is None or pipe.closed:
        return False
    try:
        pipe.write(chunk)
        pipe.flush()
    except BrokenPipeError:
        return False
    return True


def _close(program: Program) -> None:
    pipe = program.process.stdin
    if pipe is not None and not pipe.closed:
        try:
            pipe.close()
        except BrokenPipeError:  # what it did not take is told by its exit status
            pass
