# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the program on the drill host knows: written by the role from the matrix, free of secrets."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from . import layout
from .errors import BackupError
from .manifest import PRIORITIES
from .strict import Fields, dump, load

FORMAT = 1


@dataclass(frozen=True)
class Subject:
    """One service whose newest backup is restored. `shelf`: what rclone calls the place where it lies, such as
    `offsite:data`. `extensions`, `publications`: what its row allows."""

    server: str
    service: str
    database: str
    priority: str
    shelf: str
    extensions: tuple[str, ...] = ()
    publications: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """As it is told."""
        return f"{self.service} of {self.server}"


@dataclass(frozen=True)
class Config:
    """`state` holds the keys, rclone.conf, what was found, and the scratch cluster while one runs. `bindirs`: a pattern of
    folders with PostgreSQL's programs. `longest` in hours for one service, `max_age` in days for the last good drill."""

    state: str
    bindirs: str
    longest: int
    max_age: int
    subjects: tuple[Subject, ...]

    def chosen(self, names: tuple[str, ...]) -> tuple[Subject, ...]:
        """The services named, or all; critical ones first. Raises BackupError where one is unknown."""
        strangers = sorted(set(names) - {subject.service for subject in self.subjects})
        if strangers:
            raise BackupError(f"no service is called {', '.join(strangers)}; there are "
                              f"{', '.join(sorted({one.service for one in self.subjects})) or 'none'}")
        found = [subject for subject in self.subjects if not names or subject.service in names]
        return tuple(sorted(found, key=lambda one: PRIORITIES.index(one.priority)))


def to_json(config: Config) -> bytes:
    """The file."""
    return dump({"format": FORMAT, **asdict(config)})


def from_json(content: bytes) -> Config:
    """What the file says. Raises BackupError where it is not what `to_json` writes."""
    fields = load(content, "the drill's configuration")
    if fields.number("format") != FORMAT:
        raise BackupError("the drill's configuration is of another version than the program: run site")
    found = Config(fields.text("state"), fields.text("bindirs"), fields.number("longest", 1), fields.number("max_age", 1),
                   fields.each("subjects", _subject))
    fields.end()
    return found


def read(path: Path) -> Config:
    """The configuration in a file. Raises BackupError where it cannot be read."""
    try:
        return from_json(path.read_bytes())
    except OSError as error:
        raise BackupError(f"the drill's configuration {path} cannot be read: {error.strerror}; run the program as the "
                          "account of the drill") from None


def _subject(fields: Fields) -> Subject:
    found = Subject(fields.text("server"), fields.text("service"), fields.text("database"),
                    fields.text("priority", "|".join(PRIORITIES)), fields.text("shelf"), fields.words("extensions"),
                    fields.words("publications"))
    layout.path(found.server, found.service)
    return found
