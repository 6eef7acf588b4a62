# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs for hosts: a part of module_utils as one executable file that needs Python and no Ansible.

https://docs.python.org/3/library/zipapp.html
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from .sources import ROOT, needed

PACKAGE = "ansible_collections/bbworlds/good_neighbor/plugins/module_utils"
INTERPRETER = b"#!/usr/bin/python3\n"
_TIME = (1980, 1, 1, 0, 0, 0)


def build(entry: str) -> bytes:
    """The program whose `main()` is in `entry`, a module of module_utils such as `backup.face`, with what it imports.

    The same sources are always the same bytes. Raises ValueError where there is no such module.
    """
    first = f"{entry.replace('.', '/')}.py"
    if not (ROOT / first).is_file():
        raise ValueError(f"there is no module {entry} in module_utils")
    files = {f"{PACKAGE}/{path}": (ROOT / path).read_bytes() for path in needed(first)}
    folders = {str(parent) for path in files for parent in Path(path).parents if str(parent) != "."}
    files = {**{f"{folder}/__init__.py": b"" for folder in folders}, **files}
    start = f"import sys\n\nfrom {PACKAGE.replace('/', '.')}.{entry} import main\n\nsys.exit(main())\n"
    files["__main__.py"] = start.encode()
    packed = io.BytesIO()
    packed.write(INTERPRETER)
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_STORED) as archive:
        for path in sorted(files):
            archive.writestr(zipfile.ZipInfo(path, _TIME), files[path])
    return packed.getvalue()
