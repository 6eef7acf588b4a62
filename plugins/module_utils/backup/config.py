# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the program on the database host knows: written by the role from the matrix, free of secrets."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from . import layout
from .errors import BackupError
from .manifest import PRIORITIES
from .strict import Fields, dump, load

FORMAT = 1
RECIPIENT = "age1[02-9ac-hj-np-z]{58}"  # bech32 of 32 bytes: https://age-encryption.org/v1


@dataclass(frozen=True)
class Service:
    """One database to back up. `offsite`: whether it is copied to the remote too."""

    service: str
    database: str
    owner: str
    priority: str
    offsite: bool


@dataclass(frozen=True)
class Config:
    """`directory` holds the backups of `server`; `state` the keys, the lock, what was done, and the metrics. `socket`,
    `port`, `role`: how the server is entered. `bindir`: its programs; empty is the folder of its major version.
    `remote`: what rclone calls the place offsite, such as `offsite:/data`; empty where there is none. `lock_timeout` in
    seconds, `longest` in minutes for one service."""

    server: str
    directory: str
    state: str
    socket: str
    port: int
    role: str
    bindir: str
    recipients: tuple[str, ...]
    remote: str
    keep_days: int
    keep_least: int
    smallest_share: float
    lock_timeout: int
    longest: int
    services: tuple[Service, ...]

    @property
    def root(self) -> Path:
        """Where this server's backups are."""
        return Path(self.directory) / layout.folder(self.server)

    @property
    def place(self) -> str:
        """Where they are offsite, in rclone's words."""
        base = self.remote if self.remote.endswith((":", "/")) else f"{self.remote}/"
        return f"{base}{layout.folder(self.server)}"

    def chosen(self, names: tuple[str, ...]) -> tuple[Service, ...]:
        """The services named, or all; critical ones first. Raises BackupError where one is not in the matrix."""
        known = {service.service for service in self.services}
        strangers = [name for name in names if name not in known]
        if strangers:
            raise BackupError(f"no service of this server is called {', '.join(strangers)}; there are "
                              f"{', '.join(sorted(known)) or 'none'}")
        found = [service for service in self.services if not names or service.service in names]
        return tuple(sorted(found, key=lambda one: PRIORITIES.index(one.priority)))


def to_json(config: Config) -> bytes:
    """The file."""
    return dump({"format": FORMAT, **asdict(config)})


def from_json(content: bytes) -> Config:
    """What the file says. Raises BackupError where it is not what `to_json` writes."""
    fields = load(content, "the backups' configuration")
    if fields.number("format") != FORMAT:
        raise BackupError("the backups' configuration is of another version than the program: run site")
    found = Config(
        server=fields.text("server"),
        directory=fields.text("directory"),
        state=fields.text("state"),
        socket=fields.text("socket"),
        port=fields.number("port", 1),
        role=fields.text("role"),
        bindir=fields.text("bindir", "(?s).*"),
        recipients=fields.words("recipients", RECIPIENT),
        remote=fields.text("remote", "(?s).*"),
        keep_days=fields.number("keep_days", 1),
        keep_least=fields.number("keep_least", 1),
        smallest_share=fields.fraction("smallest_share"),
        lock_timeout=fields.number("lock_timeout", 1),
        longest=fields.number("longest", 1),
        services=fields.each("services", _service),
    )
    fields.end()
    if not found.recipients:
        raise BackupError("the backups' configuration names no public key to encrypt to")
    return found


def read(path: Path) -> Config:
    """The configuration in a file. Raises BackupError where it cannot be read."""
    try:
        return from_json(path.read_bytes())
    except OSError as error:
        raise BackupError(f"the backups' configuration {path} cannot be read: {error.strerror}; run the program as the "
                          "account of the backups") from error


def _service(fields: Fields) -> Service:
    found = Service(fields.text("service"), fields.text("database"), fields.text("owner"),
                    fields.text("priority", "|".join(PRIORITIES)), fields.flag("offsite"))
    layout.folder(found.service)
    return found
