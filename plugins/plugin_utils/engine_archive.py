# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine as one archive, for hosts: what this Python makes of its sources, and the sources for a host with another.

See docs/decisions/engine-archive.md. Which Python's code it is, its magic number tells:
https://docs.python.org/3/library/importlib.html#importlib.util.MAGIC_NUMBER
"""

from __future__ import annotations

import base64
import hashlib
import json
import marshal
import os
import tempfile
import zlib
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib.util import MAGIC_NUMBER
from pathlib import Path

from ansible import constants

from .sources import ROOT, needed

_FACE = "face.py"


@cache
def engine_archive() -> str:
    """Three words with full stops between: the magic number, the code of all files by path (marshal), their texts (JSON);
    both packed and in Base64. It is kept in Ansible's folder as long as no source changes."""
    state = "".join(f"{path} {found.st_mtime_ns} {found.st_size}\n"
                    for path in (Path(__file__), *sorted(ROOT.rglob("*.py"))) for found in (path.stat(),))
    version = hashlib.sha256(MAGIC_NUMBER + state.encode()).hexdigest()
    kept = Path(constants.config.get_config_value("ANSIBLE_HOME")) / "good_neighbor-engine"
    with suppress(OSError, ValueError):
        its, archive = kept.read_text().split("\n")
        if its == version:
            return archive
    archive = _packed(sorted(needed(_FACE)))
    with suppress(OSError):
        _keep(kept, f"{version}\n{archive}")
    return archive


def _packed(names: Sequence[str]) -> str:
    texts = {name: (ROOT / name).read_text(encoding="utf-8") for name in names if not name.endswith("__init__.py")}
    code = {name: compile(text, name, "exec", dont_inherit=True) for name, text in texts.items()}
    parts = (marshal.dumps(code), json.dumps(texts).encode())
    return ".".join([MAGIC_NUMBER.hex(), *(base64.b64encode(zlib.compress(part)).decode() for part in parts)])


def _keep(path: Path, text: str) -> None:
    """Only its owner can write it, for it is run as code on hosts; another run reads the whole of it or the former one."""
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    with os.fdopen(handle, "w") as file:
        file.write(text)
    os.replace(part, path)
