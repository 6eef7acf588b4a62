# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine as one archive, for hosts: its sources, and beside each what this Python makes of it.

A host with another Python takes the sources. See docs/decisions/engine-archive.md and https://peps.python.org/pep-0552/.
"""

from __future__ import annotations

import base64
import hashlib
import io
import marshal
import os
import struct
import tempfile
import zlib
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from zipfile import ZipFile, ZipInfo

from ansible import constants

from .sources import ROOT, needed

_FACE = "face.py"
_HEADER = MAGIC_NUMBER + struct.pack("<IQ", 1, 0)  # known by a hash that nobody compares: both come in one archive
_TIME = (1980, 1, 1, 0, 0, 0)  # the same archive from the same sources


@cache
def engine_archive() -> str:
    """A zip file, packed as one and in Base64. It is kept in Ansible's folder as long as no source changes."""
    state = "".join(f"{path} {found.st_mtime_ns} {found.st_size}\n"
                    for path in sorted(ROOT.rglob("*.py")) for found in (path.stat(),))
    version = hashlib.sha256(_HEADER + state.encode()).hexdigest()
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
    plain = io.BytesIO()
    with ZipFile(plain, "w") as archive:
        for folder in sorted({str(Path(name).parent) for name in names} - {"."}):
            archive.writestr(ZipInfo(f"{folder}/__init__.py", _TIME), "")
        for name in names:
            if not name.endswith("/__init__.py"):
                source = (ROOT / name).read_bytes()
                archive.writestr(ZipInfo(name, _TIME), source)
                code = compile(source, name, "exec", dont_inherit=True)
                archive.writestr(ZipInfo(f"{name}c", _TIME), _HEADER + marshal.dumps(code))
    return base64.b64encode(zlib.compress(plain.getvalue())).decode()


def _keep(path: Path, text: str) -> None:
    """Only its owner can write it, for it is run as code on hosts; another run reads the whole of it or the former one."""
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    with os.fdopen(handle, "w") as file:
        file.write(text)
    os.replace(part, path)
