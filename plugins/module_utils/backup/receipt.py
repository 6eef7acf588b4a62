# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the database host remembers of a backup in plain text, beside it: sizes and times, no name of a table."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from . import layout
from .manifest import Content
from .strict import Fields, dump, load, time_text

FORMAT = 1
_SHA256 = "[0-9a-f]{64}"


@dataclass(frozen=True)
class Receipt:
    """`files`: the encrypted files by name. `dump_bytes`: the dump before encryption. `offsite`: whether the same bytes
    were found offsite."""

    time: datetime
    files: tuple[tuple[str, Content], ...]
    dump_bytes: int
    seconds: float
    offsite: bool

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(content.bytes for _name, content in self.files)


def to_json(receipt: Receipt) -> bytes:
    """The file."""
    return dump({"format": FORMAT, **asdict(receipt), "time": time_text(receipt.time),
                 "files": {name: asdict(content) for name, content in receipt.files}})


def from_json(content: bytes) -> Receipt:
    """What a file says. Raises BackupError where it is no receipt."""
    fields = load(content, "the receipt")
    fields.number("format", FORMAT)
    files = fields.mapping("files")
    found = Receipt(fields.time("time"), tuple((name, _content(files.mapping(name))) for name in layout.ENCRYPTED),
                    fields.number("dump_bytes"), fields.fraction("seconds"), fields.flag("offsite"))
    files.end()
    fields.end()
    return found


def _content(fields: Fields) -> Content:
    found = Content(fields.number("bytes"), fields.text("sha256", _SHA256))
    fields.end()
    return found
