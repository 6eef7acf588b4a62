# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine on the host where a module runs: it arrives as one archive, which the action plugin has made.

What a module imports by name, Ansible parses on the controller and the host compiles, file by file, in every run. The
archive holds code that is compiled already (docs/decisions/engine-archive.md). This file must import nothing of the engine.
"""

from __future__ import annotations

import base64
import os
import sys
import zlib
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from ansible.module_utils.basic import AnsibleModule

OPTION = {"engine": {"type": "str", "no_log": True}}
_PACKAGE = __name__.rpartition(".")[0]


def run(spec: Mapping[str, object], name: str) -> None:
    """Runs a module: the function `run_NAME` of face.py, with what Ansible gave. `spec`: its options, with `OPTION`."""
    module = AnsibleModule(argument_spec=dict(spec), supports_check_mode=True)
    archive = module.params.pop("engine")
    if archive:
        _open(archive, module.tmpdir)
        module.no_log_values.discard(archive)  # no secret, and every result would be searched for it
    try:
        face: Any = import_module(f"{_PACKAGE}.face")
    except ModuleNotFoundError as error:
        if not str(error.name).startswith(_PACKAGE):
            raise
        module.fail_json(msg="the engine is missing: this module runs through its action plugin, by its full name")
    getattr(face, f"run_{name}")(module)


def _open(archive: str, folder: str) -> None:
    """Makes the modules in an archive (zip, packed with zlib, Base64) importable as parts of this package.
    `folder`: the module's own."""
    path = os.path.join(folder, "engine.zip")
    with open(path, "wb") as file:
        file.write(zlib.decompress(base64.b64decode(archive)))
    sys.modules[_PACKAGE].__path__.append(path)
