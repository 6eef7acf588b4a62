# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Schema files as text: what they are, what is refused in them, and which of them a database still lacks."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..errors import SchemaFileError

STARTED, APPLIED, BASELINE = "started", "applied", "baseline"
COMMITTED, ABORTED, IN_PROGRESS = "committed", "aborted", "in progress"


@dataclass(frozen=True)
class SchemaFile:
    """A file of a row's `schema_files`: the path as the matrix has it, and what the file says."""

    path: str
    text: str = field(repr=False)

    @property
    def checksum(self) -> str:
        """The SHA-256 of its text, in hexadecimal."""
        return checksum(self.text)


@dataclass(frozen=True, order=True)
class Record:
    """What a database says of a file: `state` is started, applied or baseline.

    `outcome` says for a started one how the transaction ended that ran it (committed, aborted, in progress); None is:
    nobody knows any more.
    """

    path: str
    checksum: str
    state: str
    outcome: str | None = None

    @property
    def done(self) -> bool:
        """Whether the file's work is in the database."""
        return self.state != STARTED or self.outcome == COMMITTED


@dataclass(frozen=True)
class Pending:
    """What is to do for a row's files. Where `problems` is not empty, nothing may be applied."""

    applied: tuple[SchemaFile, ...]
    to_apply: tuple[SchemaFile, ...]
    problems: tuple[str, ...]


def decode(path: str, data: bytes) -> SchemaFile:
    """The schema file of these bytes. A byte order mark is dropped. Raises SchemaFileError where they are not UTF-8."""
    raise NotImplementedError


def checksum(text: str) -> str:
    """The SHA-256 of `text` in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def refusals(path: str, text: str) -> list[str]:
    """What cannot run in one transaction over a driver, one sentence each with file and line; empty: nothing."""
    raise NotImplementedError


def created_tables(text: str) -> frozenset[tuple[str | None, str]]:
    """(schema or None, table) of the CREATE TABLE statements in `text`: a forecast, blind to what functions make."""
    raise NotImplementedError


def pending(files: Sequence[SchemaFile], records: Sequence[Record]) -> Pending:
    """Which of a row's `files`, in their order, are applied, to apply, or in the way, by what the database recorded."""
    raise NotImplementedError
