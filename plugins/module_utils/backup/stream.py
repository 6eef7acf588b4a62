# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An encrypted part of a backup, decrypted in memory on its way to whoever reads it. Nothing plain reaches a disk.

The secret key goes to age through a pipe: it stands in no file, no argument and no environment.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import IO, Any

from .commands import CHUNK, widen
from .errors import BackupError
from .manifest import Content

_LONGEST_KEY = 32 * 1024  # bytes: what a pipe takes without a reader


@dataclass(frozen=True)
class Source:
    """Where the parts of one backup come from: a folder here, or with `fetch` what a command writes.

    `fetch` is the command less the last word, which becomes `folder`/PART; `account` whom it runs as (None: whoever we are).
    """

    folder: str
    fetch: tuple[str, ...] = ()
    account: str | None = None

    def path(self, part: str) -> str:
        """Where a part lies."""
        return f"{self.folder}/{part}"


@dataclass(frozen=True)
class Keys:
    """Secret age keys, as age-keygen writes them."""

    text: str = field(repr=False)


@dataclass(frozen=True)
class Fed:
    """What became of a stream: its length and checksum, as far as it was read, and what its reader printed."""

    content: Content
    printed: bytes


def feed(source: Source, part: str, keys: Keys, command: Sequence[str], *, whole: bool = True, **run: Any) -> Fed:
    """Run `command` with the decrypted part at its standard input; `run` are options of Popen.

    With `whole` it must read all of it; without, it may stop when it knows enough. Raises BackupError with the words of
    whichever program failed: that which begins the stream, age, or the command.
    """
    with _memory() as printed, _memory() as said:
        with _decrypted(source, part, keys) as plain:
            reader = subprocess.Popen(list(command), stdin=subprocess.PIPE, stdout=printed, stderr=said, **run)
            try:
                _pump(plain, reader)
            finally:
                _end(reader)
            if reader.returncode:
                raise BackupError(f"{os.path.basename(command[0])} failed: {_words(said) or reader.returncode}")
            while whole and plain.next():  # it may know enough before the end, and the checksum is of all
                pass
        printed.seek(0)
        return Fed(Content(plain.length, plain.digest.hexdigest()), printed.read())


def read(source: Source, part: str, keys: Keys, most: int) -> bytes:
    """A small part as a whole. Raises BackupError where it cannot be had, or has more than `most` bytes."""
    with _decrypted(source, part, keys) as plain:
        found = bytearray()
        while chunk := plain.next():
            found += chunk
            if len(found) > most:
                raise BackupError(f"{part} has more than {most} bytes")
    return bytes(found)


class _Plain:
    """The decrypted stream. `ended`: its end was seen, so age has ended by itself, and what it says counts."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.digest, self.length, self.ended = hashlib.sha256(), 0, False

    def next(self) -> bytes:
        """What is there, without waiting for more; nothing: the end."""
        chunk = os.read(self._stream.fileno(), CHUNK)
        self.digest.update(chunk)
        self.length += len(chunk)
        self.ended = self.ended or not chunk
        return chunk


@contextmanager
def _decrypted(source: Source, part: str, keys: Keys) -> Iterator[_Plain]:
    """What age makes of a part. When the block ends, so have all programs; then it is told what failed."""
    with _memory() as said, _memory() as fetch_said:
        fetch = _begin(source, part, fetch_said)
        age = None
        plain = None
        try:
            age = _age(_wide(fetch.stdout) if fetch else _opened(source.path(part)), keys, said)
            plain = _Plain(_wide(age.stdout))
            yield plain
        finally:
            for process in (age, fetch):
                if process is not None:
                    _end(process)
            if plain is not None and plain.ended:  # then nothing that is raised now is the cause
                # who fetches for an age that has given up is cut off in the middle
                cut = age is not None and age.returncode and fetch is not None and fetch.returncode == -signal.SIGPIPE
                if fetch is not None and fetch.returncode and not cut:
                    raise BackupError(f"{part} cannot be fetched: {_words(fetch_said) or fetch.returncode}") from None
                if age is not None and age.returncode:
                    raise BackupError(f"{part} cannot be decrypted: {_age_said(_words(said))}") from None


def _begin(source: Source, part: str, said: IO[bytes]) -> subprocess.Popen[bytes] | None:
    if not source.fetch:
        return None
    who = as_account(source.account)
    try:
        return subprocess.Popen([*source.fetch, source.path(part)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=said, cwd="/", env=environment(), **who)
    except FileNotFoundError:
        raise BackupError(f"{source.fetch[0]} is not installed here") from None


def _age(encrypted: IO[bytes] | None, keys: Keys, said: IO[bytes]) -> subprocess.Popen[bytes]:
    secret = keys.text.encode()
    if len(secret) > _LONGEST_KEY:
        raise BackupError("that is no file of age keys: it is too long")
    reading, writing = os.pipe()
    try:
        os.write(writing, secret)
        os.close(writing)
        return subprocess.Popen(["age", "--decrypt", "--identity", f"/dev/fd/{reading}"], stdin=encrypted, cwd="/",
                                stdout=subprocess.PIPE, stderr=said, pass_fds=[reading])
    except FileNotFoundError:
        raise BackupError("age is not installed here") from None
    finally:
        os.close(reading)
        if encrypted is not None:
            encrypted.close()


def _opened(path: str) -> IO[bytes]:
    try:
        return open(path, "rb")
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}") from None


def _pump(plain: _Plain, reader: subprocess.Popen[bytes]) -> None:
    with suppress(BrokenPipeError), _wide(reader.stdin) as target:
        while chunk := plain.next():
            target.write(chunk)


def _wide(pipe: IO[bytes] | None) -> IO[bytes]:
    """The pipe to or from a program, in which both sides find work."""
    if pipe is None:
        raise ValueError("the program has no such pipe")
    widen(pipe.fileno())
    return pipe


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let it end: a reader at the end of its input by itself, a writer because nobody reads on."""
    for stream in (process.stdin, process.stdout):
        with suppress(OSError, ValueError):
            if stream is not None:
                stream.close()
    process.wait()


def _memory() -> IO[bytes]:
    """A file of the kernel's memory, for what programs print: it may name tables, or quote from them."""
    return os.fdopen(os.memfd_create("printed"), "w+b")


def _words(said: IO[bytes]) -> str:
    """What a program complained of first, in a line; without what PostgreSQL quotes from tables."""
    said.seek(0)
    lines = [line.strip() for line in said.read(CHUNK).decode("utf-8", "replace").splitlines() if line.strip()]
    return "; ".join(line[:300] for line in lines if not line.startswith(("DETAIL:", "CONTEXT:")))[:600]


def _age_said(words: str) -> str:
    """age's complaint, less its name and its advice."""
    return words.replace("age: error: ", "").replace("age: ", "").split("; report")[0]


def environment(**more: str) -> Mapping[str, str]:
    """What a program of PostgreSQL gets of our environment: nothing that names another server."""
    return {**{name: value for name, value in os.environ.items() if not name.startswith("PG")}, **more}


def as_account(name: str | None) -> dict[str, Any]:
    """Options of Popen that run a program as an account of this host, with its groups and no others."""
    if name is None:
        return {}
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        raise BackupError(f"this host has no account {name}: run site first") from None
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": os.getgrouplist(name, found.pw_gid)}
