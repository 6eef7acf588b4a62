# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When two values of a setting mean the same: 60s and 1min, on and true, a list of names with and without quotes.

https://www.postgresql.org/docs/current/config-setting.html#CONFIG-SETTING-NAMES-VALUES
"""

from __future__ import annotations

import re

from .. import sql
from ..items import Setting

_STEERS = ("search_path", "role", "session_authorization", "session_preload_libraries", "local_preload_libraries",
           "dynamic_library_path", "session_replication_role", "row_security")
_WORDS = {"true": "on", "yes": "on", "false": "off", "no": "off"}
# time in microseconds, memory in bytes; a number without a unit counts in the setting's own, and equals only itself
_UNITS = {"us": 1, "ms": 1000, "s": 10**6, "min": 60 * 10**6, "h": 3600 * 10**6, "d": 86400 * 10**6,
          "B": 1, "kB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}
_MEASURE = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?)\s*(us|ms|s|min|h|d|B|kB|MB|GB|TB)")


def same_value(name: str, one: str, other: str) -> bool:
    """Whether the setting `name` means the same with both values."""
    if name in sql.LIST_SETTINGS:
        return sql.list_elements(one) == sql.list_elements(other)
    return _meaning(one) == _meaning(other)


def steers(setting: Setting) -> bool:
    """Whether it decides whose code runs, or as whom, or what guards rows, in each session that takes it over."""
    return setting.name in _STEERS


def milliseconds(value: str) -> float | None:
    """How long a setting that counts in milliseconds is; None where it is no time."""
    measure = _MEASURE.fullmatch(value.strip())
    if measure:
        return float(measure[1]) * _UNITS[measure[2]] / 1000
    return float(value) if re.fullmatch(r"\s*[0-9]+\s*", value) else None


def _meaning(value: str) -> object:
    value = value.strip()
    measure = _MEASURE.fullmatch(value)
    if measure:
        return float(measure[1]) * _UNITS[measure[2]], measure[2] in ("us", "ms", "s", "min", "h", "d")
    return _WORDS.get(value.lower(), value.lower() if value.isalpha() else value)
