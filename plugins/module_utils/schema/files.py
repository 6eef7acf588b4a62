# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Schema files as text: what they are, what is refused in them, and which of them a database still lacks."""

# pylint: disable=invalid-field-call  # a record is a dataclass
from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import field

from ..record import Sortable, record


STARTED, APPLIED, BASELINE = "started", "applied", "baseline"
COMMITTED, ABORTED, IN_PROGRESS = "committed", "aborted", "in progress"


@record(frozen=True)
class SchemaFile:
    """A file of a row's `schema_files`: the path as the matrix has it, and what the file says."""

    path: str
    text: str = field(repr=False)

    @property
    def checksum(self) -> str:
        """The SHA-256 of its text, in hexadecimal."""
        return checksum(self.text)


@record(frozen=True)
class KnownFile(SchemaFile):
    """One of which only `digest`, the SHA-256 of its text, is at hand: enough to judge by, not to apply."""

    digest: str = ""

    @property
    def checksum(self) -> str:
        return self.digest


@record(frozen=True)
class Record(Sortable):
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


@record(frozen=True)
class Pending:
    """What is to do for a row's files. `unsaid`: of those that are applied, the ones whose record does not say so yet, as
    a run was killed in between. Where `problems` is not empty, nothing may be applied."""

    applied: tuple[SchemaFile, ...]
    to_apply: tuple[SchemaFile, ...]
    problems: tuple[str, ...]
    unsaid: tuple[SchemaFile, ...] = ()


def checksum(text: str) -> str:
    """The SHA-256 of `text` in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def pending(files: Sequence[SchemaFile], records: Sequence[Record]) -> Pending:
    """Which of a row's `files`, in their order, are applied, to apply, or in the way, by what the database recorded."""
    recorded = {record.path: record for record in records}
    there = {record.path for record in records if record.done}
    applied = tuple(file for file in files if file.path in there)
    to_apply = tuple(file for file in files if file.path not in there)
    unsaid = tuple(file for file in applied if recorded[file.path].state == STARTED)
    return Pending(applied, to_apply, tuple(_problems(files, recorded)), unsaid)


def _problems(files: Sequence[SchemaFile], recorded: dict[str, Record]) -> Iterator[str]:
    missing: SchemaFile | None = None
    for file in files:
        record = recorded.get(file.path)
        if record is None or (record.state == STARTED and record.outcome in (ABORTED, IN_PROGRESS)):
            missing = missing or file
        elif not record.done:
            yield undecided(file.path)
        elif record.checksum != file.checksum:
            yield altered(record)
        elif missing is not None:
            yield (
                f"{missing.path} stands before {file.path}, which is applied already: "
                "new files go to the end of schema_files"
            )
            missing = None


def altered(record: Record) -> str:
    """What a human reads of a file whose text is not the one that was applied."""
    return (
        f"{record.path} was changed after it had been applied: put its old text back (SHA-256 {record.checksum}) "
        "and write the change into a new file at the end of schema_files"
    )


def undecided(path: str) -> str:
    """What a human reads of a file of which nobody knows any more whether it was applied."""
    return (
        f"nobody can tell any more whether {path} was applied: the run that did it was killed and the server has "
        "forgotten how its transaction ended, or this is a copy of that database; look whether its tables are there: "
        "if so, set state = 'applied', xid = NULL, cluster = NULL for this path in good_neighbor.schema_file, as superuser, "
        "else delete its line there"
    )
