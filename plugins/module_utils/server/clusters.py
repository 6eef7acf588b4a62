# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The clusters of a host as postgresql-common lays them out, and the note that says which of them is ours.

The note is what a killed run leaves behind: a cluster is `making` until pg_createcluster has come to its end, `made` until a
whole run has, then `finished`. A cluster without a note, or with another system identifier than the note's, is `foreign`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .host import ABSENT, FINISHED, FOREIGN, MADE, MAKING

CONFIGURATION, DATA = "etc/postgresql", "var/lib/postgresql"
NOTES = "var/lib/good_neighbor/clusters"
NEVER_STARTED = "postmaster.opts"  # which the server writes at its first start

Run = Callable[[list[str]], "tuple[int, str, str]"]


@dataclass(frozen=True)
class Cluster:
    """One cluster; paths lie below `root`, which is / but in tests."""

    version: str
    name: str
    root: Path = Path("/")

    @property
    def configuration(self) -> Path:
        """The folder of postgresql.conf."""
        return self.root / CONFIGURATION / self.version / self.name

    @property
    def data(self) -> Path:
        """The data directory that postgresql.conf names, else the usual one."""
        named = setting(self.configuration / "postgresql.conf", "data_directory")
        return self.root / (named or f"{DATA}/{self.version}/{self.name}").lstrip("/")

    @property
    def note(self) -> Path:
        """The note that the role keeps about the cluster."""
        return self.root / NOTES / f"{self.version}-{self.name}"

    @property
    def port(self) -> int:
        """The port that postgresql.conf names."""
        return int(setting(self.configuration / "postgresql.conf", "port") or 5432)

    @property
    def started_once(self) -> bool:
        """Whether a server has ever run on it: then it may hold something."""
        return (self.data / NEVER_STARTED).exists()

    def there(self) -> bool:
        """Whether any of it is there."""
        return self.configuration.exists() or (self.data.exists() and any(self.data.iterdir()))

    def program(self, name: str) -> str:
        """One of the programs of its version."""
        return f"/usr/lib/postgresql/{self.version}/bin/{name}"


def setting(path: Path, name: str) -> str:
    """What one file of settings says of `name`, without its includes; the last line counts. "" where it says nothing."""
    return next(reversed(said(path, name)), "")


def said(path: Path, name: str) -> list[str]:
    """All that one file of settings says of `name`, line by line."""
    try:
        text = path.read_text(errors="replace")
    except OSError:
        return []
    found = re.findall(rf"^\s*{name}(?:\s*=\s*|\s+)(?:'((?:[^'\n]|'')*)'|([^\s#]+))", text, re.MULTILINE)
    return [quoted.replace("''", "'") or plain for quoted, plain in found]


def everything(root: Path = Path("/")) -> list[Cluster]:
    """All clusters of the host, by version and name."""
    found = [Cluster(path.parent.parent.name, path.parent.name, root)
             for path in (root / CONFIGURATION).glob("*/*/postgresql.conf")]
    return sorted((one for one in found if one.version.isdigit()), key=lambda one: (int(one.version), one.name))


def identifier(cluster: Cluster, run: Run) -> str:
    """The system identifier in pg_control; "" where there is none that can be read."""
    return controldata(cluster, run).get("Database system identifier", "")


def controldata(cluster: Cluster, run: Run) -> dict[str, str]:
    """What pg_controldata says, by label. https://www.postgresql.org/docs/current/app-pgcontroldata.html"""
    program = cluster.program("pg_controldata")
    if not os.path.exists(program):
        return {}
    status, out, _err = run(["env", "LC_ALL=C", program, str(cluster.data)])
    pairs = (line.partition(":") for line in out.splitlines())
    return {label.strip(): value.strip() for label, _colon, value in pairs} if status == 0 else {}


def state(cluster: Cluster, run: Run) -> str:
    """How far the cluster is, by its note and by what is there."""
    try:
        said, _space, of = cluster.note.read_text().strip().partition(" ")
    except OSError:
        said = of = ""
    if not cluster.there():
        return ABSENT
    if said == MAKING:
        return MAKING
    if said in (MADE, FINISHED) and of == identifier(cluster, run):
        return said
    return FOREIGN


def write_note(cluster: Cluster, said: str, of: str = "") -> None:
    """Replace the note, as a whole and on disk before this returns: the next step must never be ahead of it."""
    cluster.note.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    beside = cluster.note.with_suffix(".new")
    with open(beside, "w") as opened:
        opened.write(f"{said} {of}".strip() + "\n")
        opened.flush()
        os.fsync(opened.fileno())
    os.chmod(beside, 0o644)
    os.replace(beside, cluster.note)
