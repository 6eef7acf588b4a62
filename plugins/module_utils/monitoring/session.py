# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sessions that can change nothing and hang on nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..catalog.session import Server
from .config import Config

# https://www.postgresql.org/docs/current/runtime-config-client.html
READ_ONLY = {"default_transaction_read_only": "on", "statement_timeout": "60s"}


class ReadOnly(Server):
    """Sessions of a superuser, who looks into every database."""

    def __init__(self, config: Config) -> None:
        super().__init__({"host": config.socket, "port": config.port, "user": config.role}, "postgres")

    def _open(self, database: str, armour: Mapping[str, str]) -> Any:
        return super()._open(database, {**armour, **READ_ONLY})


class Watching(ReadOnly):
    """Sessions of a role that is no superuser: none is tried that the server would refuse."""

    def _armours(self) -> list[dict[str, str]]:
        return super()._armours()[-1:]
