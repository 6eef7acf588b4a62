# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine on the host where a module runs: it arrives as one archive, which the action plugin has made.

What a module imports by name, Ansible parses on the controller and the host compiles, file by file, in every run. The
archive holds code that is compiled already (docs/decisions/engine-archive.md). This file must import nothing of the engine.
"""

from __future__ import annotations

import base64
import json
import marshal
import sys
import zlib
from collections.abc import Mapping
from importlib import import_module
from importlib.abc import InspectLoader
from importlib.machinery import ModuleSpec
from importlib.util import MAGIC_NUMBER, spec_from_loader
from types import CodeType
from typing import Any, Union

from ansible.module_utils.basic import AnsibleModule

OPTION = {"engine": {"type": "str", "no_log": True}}
_PACKAGE = __name__.rpartition(".")[0]


def run(spec: Mapping[str, object], name: str) -> None:
    """Runs a module: the function `run_NAME` of face.py, with what Ansible gave. `spec`: its options, with `OPTION`."""
    module = AnsibleModule(argument_spec=dict(spec), supports_check_mode=True)
    archive = module.params.pop("engine")
    if archive:
        sys.meta_path.insert(0, Engine(*_opened(archive)))
        module.no_log_values.discard(archive)  # no secret, and every result would be searched for it
    try:
        face: Any = import_module(f"{_PACKAGE}.face")
    except ModuleNotFoundError as error:
        if not str(error.name).startswith(_PACKAGE):
            raise
        module.fail_json(msg="the engine is missing: this module runs through its action plugin, by its full name")
    getattr(face, f"run_{name}")(module)


def _opened(archive: str) -> tuple[bool, Any]:
    """Whether this Python's own code is in an archive, and that, or the sources; plugin_utils/engine_archive.py makes it."""
    magic, code, sources = archive.split(".")
    own = magic == MAGIC_NUMBER.hex()
    plain = zlib.decompress(base64.b64decode(code if own else sources))
    return own, marshal.loads(plain) if own else json.loads(plain)


class Engine(InspectLoader):
    """Finds and loads modules of this package in memory. `parts`: code, or text, by path below the package.

    https://docs.python.org/3/reference/import.html#the-meta-path
    """

    def __init__(self, compiled: bool, parts: Mapping[str, Union[CodeType, str]]) -> None:
        self.compiled = compiled
        self.parts = {f"{_PACKAGE}.{path[:-3].replace('/', '.')}": part for path, part in parts.items()}
        self.packages = {name.rpartition(".")[0] for name in self.parts} - {_PACKAGE}

    def find_spec(self, fullname: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        """How a module is loaded; None: another finder may know it."""
        return spec_from_loader(fullname, self) if fullname in self.parts or fullname in self.packages else None

    def is_package(self, fullname: str) -> bool:
        """Whether there are modules below it."""
        return fullname in self.packages

    def get_source(self, fullname: str) -> str | None:
        """Its text, for tracebacks; None where only its code is there."""
        part = self.parts.get(fullname, "")
        return part if isinstance(part, str) else None

    def get_code(self, fullname: str) -> CodeType:
        """What it does. Packages are empty."""
        part = self.parts.get(fullname, "")
        name = f"{fullname[len(_PACKAGE) + 1:].replace('.', '/')}.py"
        return compile(part, name, "exec", dont_inherit=True) if isinstance(part, str) else part
