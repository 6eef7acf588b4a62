# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The variables of the role `postgresql_server` as typed values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from .host import Host


@dataclass(frozen=True)
class Options:
    """What the user may choose; the names are the role's variables less their prefix. `mode` is the run's own."""

    mode: str  # audit | additive | enforce
    version: str = ""
    memory: int = 0  # MiB; 0: the host's
    repository: bool = False
    packages: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    hba: str = ""
    certificate: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    passphrase: str = field(default="", repr=False)

    def changes(self, host: Host) -> bool:
        """Whether this run may change the cluster: `additive` changes none that somebody may be using."""
        return self.mode == "enforce" or (self.mode == "additive" and host.new)

    def manages_hba(self, host: Host) -> bool:
        """Whether pg_hba.conf is ours to write: on a server that was there before, only where the user says so."""
        return self.changes(host) and (self.hba or ("report" if host.state == "foreign" else "manage")) == "manage"


def options(mode: str, given: Mapping[str, Any]) -> Options:
    """Typed options of the role's variables; lists become tuples, the version a word even where YAML made a number of it."""
    names = {known.name for known in fields(Options)} & set(given)
    values: dict[str, Any] = {name: tuple(given[name]) if isinstance(given[name], list) else given[name] for name in names}
    values["version"] = str(values.get("version") or "")
    values["repository"] = bool(values.get("repository"))
    return Options(mode, **values)
