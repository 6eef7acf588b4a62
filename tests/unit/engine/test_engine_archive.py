"""The archive that brings the engine to a host: whole, the same from the same sources, and of use to any Python."""

from __future__ import annotations

import base64
import json
import marshal
import shutil
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.types import MODES
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.rules.base import KINDS
from ansible_collections.bbworlds.good_neighbor.plugins.modules import allocation
from ansible_collections.bbworlds.good_neighbor.plugins.plugin_utils import engine_archive as archives

PLUGINS = Path(str(archives.__file__)).parent.parent
PACKAGE = Path("ansible_collections/bbworlds/good_neighbor/plugins/module_utils")
RUN = """
import sys
from ansible.module_utils.testing import patch_module_args
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import arrived
with patch_module_args({"engine": sys.stdin.read() or None}):
    arrived.run(arrived.OPTION, sys.argv[1])
"""
SHOWN = """

def run_shown(module):
    module.exit_json(compiled=engine.__loader__.compiled, text=engine.__loader__.get_source(engine.__name__))
"""


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """What Ansible sends of our package: the files that the modules import by name, and no other."""
    for folder in (PACKAGE, *list(PACKAGE.parents)[:-1]):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "__init__.py").touch()
    for name in ("arrived.py", "options.py"):
        shutil.copy(PLUGINS / "module_utils" / name, tmp_path / PACKAGE)
    postgres = PLUGINS.parent.parent.parent / "community"
    shutil.copytree(postgres, tmp_path / "ansible_collections" / "community", symlinks=True)
    return tmp_path


def on(host: Path, archive: str) -> dict[str, Any]:
    """What a module says there."""
    command = [sys.executable, "-c", RUN, "shown"]
    environment = {"PYTHONPATH": str(host), "HOME": str(host), "TMPDIR": str(host)}
    run = subprocess.run(command, input=archive, capture_output=True, text=True, check=False, env=environment)
    said: dict[str, Any] = json.loads(run.stdout or json.dumps({"stderr": run.stderr}))
    return said


def with_probe(archive: str, *, compiled: bool) -> str:
    """The archive with a function that tells how the engine was loaded; by another Python unless `compiled`."""
    magic, code, sources = (word.encode() for word in archive.split("."))
    codes, texts = (zlib.decompress(base64.b64decode(part)) for part in (code, sources))
    face = json.loads(texts)["face.py"] + SHOWN
    with_code = {**marshal.loads(codes), "face.py": compile(face, "face.py", "exec", dont_inherit=True)}
    with_text = json.dumps({**json.loads(texts), "face.py": face}).encode()
    parts = [marshal.dumps(with_code), b""] if compiled else [b"", with_text]
    words = [magic if compiled else b"00000000", *(base64.b64encode(zlib.compress(part)) for part in parts)]
    return b".".join(words).decode()


@pytest.mark.parametrize("compiled", [True, False])
def test_it_is_all_that_a_host_needs(host: Path, *, compiled: bool) -> None:
    said = on(host, with_probe(archives.engine_archive(), compiled=compiled))
    assert said["compiled"] == compiled, said
    assert said["text"] == (None if compiled else (PLUGINS / "module_utils/engine.py").read_text())


def test_without_it_a_module_says_so(host: Path) -> None:
    assert "the engine is missing" in on(host, "")["msg"]


def test_it_is_the_same_from_the_same_sources() -> None:
    assert archives._packed(["engine.py", "plan.py"]) == archives._packed(["engine.py", "plan.py"])


def test_it_is_kept_where_only_its_owner_writes(tmp_path: Path) -> None:
    kept = tmp_path / "engine"
    archives._keep(kept, "text")
    assert (kept.read_text(), kept.stat().st_mode & 0o777, list(tmp_path.iterdir())) == ("text", 0o600, [kept])


def test_the_options_name_what_the_engine_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    specs: list[dict[str, dict[str, object]]] = []
    monkeypatch.setattr(allocation.arrived, "run", lambda spec, _name: specs.append(spec))
    allocation.main()
    assert specs[0]["mode"]["choices"] == list(MODES)
    assert specs[0]["remedies"]["choices"] == list(KINDS)
