# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the programs `check` and `watch` know: the matrix of one server, without its secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..matrix.parse import parse
from ..matrix.types import Matrix
from .errors import MonitoringError

FORMAT = 1


@dataclass(frozen=True)
class Config:
    """`server`: its name in the matrix. `directory`: where the program keeps its files, the metrics in `public` below.
    `socket`, `port`, `role`: how the server is entered, by peer. `servers`, `rows`: the matrix. `baseline`: services whose
    present tables count as their schema files. `schema_files`: the SHA-256 of each, by its path in the matrix."""

    server: str
    directory: str
    socket: str
    port: int
    role: str
    servers: Mapping[str, Any]
    rows: tuple[Mapping[str, Any], ...]
    baseline: tuple[str, ...]
    schema_files: Mapping[str, str]

    @property
    def matrix(self) -> Matrix:
        """The matrix, typed. Raises MatrixError where it is wrong."""
        return parse(self.servers, self.rows, secrets_withheld=True)

    def metrics(self, name: str) -> Path:
        """The file of metrics of this name."""
        return Path(self.directory, "public", f"good_neighbor_{name}.prom")


def to_json(config: Config) -> str:
    """The file. The same values are always the same text."""
    return json.dumps({"format": FORMAT, **asdict(config)}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def from_json(text: str) -> Config:
    """What the file says. Raises MonitoringError where it is not what `to_json` writes."""
    try:
        found = dict(json.loads(text))
        if found.pop("format") != FORMAT:
            raise MonitoringError("the configuration is of another version than the program: run site")
        return Config(**{**found, "rows": tuple(found["rows"]), "baseline": tuple(found["baseline"])})
    except (ValueError, TypeError, KeyError) as error:
        raise MonitoringError(f"the configuration is damaged ({type(error).__name__}): run site") from None


def read(path: Path) -> Config:
    """The configuration in a file. Raises MonitoringError where it cannot be read."""
    try:
        return from_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MonitoringError(f"the configuration {path} cannot be read: {error.strerror}") from error
