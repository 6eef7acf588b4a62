"""The module settings_files, run by Ansible: what it writes, says and never says."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from .conftest import Played, play

SECRET = "fake-Hb7qWz2mKx9vTn4c"
PLAY = """\
- hosts: localhost
  gather_facts: false
  tasks:
    - bbworlds.good_neighbor.settings_files:
        files: "{{ files }}"
        replace: "{{ replace | default(true) }}"
      register: done
    - ansible.builtin.copy:
        dest: "{{ folder }}/result.json"
        content: "{{ done | to_json }}"
        mode: "0600"
      check_mode: false
"""


@pytest.fixture
def files(tmp_path: Path) -> list[dict[str, Any]]:
    """Two files of two services that reload alike."""
    return [
        {"service": "nexus", "path": f"{tmp_path}/nexus/database.env", "content": f"DB_PASSWORD={SECRET}\n", "mode": "0600",
         "reload": "systemctl reload nexus"},
        {"service": "world", "path": f"{tmp_path}/world.env", "content": f"DB_PASSWORD={SECRET}\n", "owner": None,
         "reload": "systemctl reload nexus"},
    ]


def written(
    folder: Path, files: list[dict[str, Any]], *arguments: str, **variables: object
) -> tuple[Played, dict[str, Any]]:
    """Runs the module, and what it returned; whatever was said, the secret was not in it."""
    book = folder / "play.yml"
    book.write_text(PLAY)
    (folder / "files.json").write_text(json.dumps({"files": files}))
    played = play(book, "-vvvv", "--diff", "-e", f"@{folder}/files.json", *arguments, folder=str(folder), **variables)
    assert SECRET not in played.output
    result = folder / "result.json"
    return played, json.loads(result.read_text()) if result.exists() else {}


def test_check_write_and_again(tmp_path: Path, files: list[dict[str, Any]]) -> None:
    paths = [file["path"] for file in files]
    played, foretold = written(tmp_path, files, "--check")
    assert played.status == 0
    assert not Path(paths[0]).exists()
    assert f"{paths[0]}: its content holds a secret and is not shown" in played.output

    played, done = written(tmp_path, files)
    assert played.status == 0
    assert (done["written"], done["reload"]) == (paths, ["systemctl reload nexus"])
    assert {name: foretold[name] for name in ("changed", "written", "reload", "marks")} == {
        name: done[name] for name in ("changed", "written", "reload", "marks")}
    assert [stat.S_IMODE(Path(path).stat().st_mode) for path in paths] == [0o600, 0o640]
    assert Path(paths[0]).read_text() == f"DB_PASSWORD={SECRET}\n"

    assert done["marks"] == foretold["marks"] and len(done["marks"]) == 2
    unread = written(tmp_path, files)[1]  # nobody says that the services have read them
    assert (unread["written"], unread["reload"]) == ([], ["systemctl reload nexus"])
    for mark in done["marks"]:
        Path(mark).unlink()
    again = written(tmp_path, files)[1]
    assert (again["changed"], again["written"], again["reload"]) == (False, [], [])

    Path(paths[1]).write_text("typed by hand\n")
    kept = written(tmp_path, files, replace=False)[1]
    assert (kept["changed"], kept["kept"], kept["reload"]) == (False, [paths[1]], [])
    assert Path(paths[1]).read_text() == "typed by hand\n"


def test_what_cannot_be_done_is_told_and_the_rest_is_done(tmp_path: Path, files: list[dict[str, Any]]) -> None:
    files[0]["owner"] = "no-such-account"
    played = written(tmp_path, files)[0]
    assert played.status == 2
    assert f"service nexus: {files[0]['path']}: this host has no account no-such-account" in played.output
    assert Path(files[1]["path"]).exists()
