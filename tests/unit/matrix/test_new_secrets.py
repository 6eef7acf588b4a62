"""Missing secrets are made, existing ones never touched, none shown, and the file is only its owner's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import GoodNeighborError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.secrets import faults
from ansible_collections.bbworlds.good_neighbor.plugins.plugin_utils.new_secrets import add, missing, new

from .conftest import Raw


@pytest.fixture
def waiting(clean: Raw) -> list[dict[str, Any]]:
    """Rows of which four passwords wait for a variable that may be made."""
    clean.row("kitchen").update(password="{{ vault_cook }}")
    clean.row("kitchen")["readers"][0]["password"] = "{{vault_taster}}"
    clean.row("gallery")["logins"].append({"role": "framer", "password": "{{ vault_framer }}"})
    clean.row("gallery")["readers"] = [{"role": "eye", "password": "{{ replace_me }}"}]
    clean.row("attic")["password"] = "{{ vault_archivist }}"
    rows: list[dict[str, Any]] = [*clean.allocation, {"status": "active", "owner": 5, "password": "{{ vault_five }}"}]
    return rows


def test_which_are_missing(waiting: list[Any]) -> None:
    assert missing(waiting) == {
        "vault_cook": ["cook", "kitchen", "recipes"],
        "vault_taster": ["taster", "kitchen", "recipes"],
        "vault_framer": ["framer", "gallery", "pictures"],
        "vault_five": [],
    }
    assert missing(None) == missing([None, {"status": []}, {"status": "active", "readers": 5, "logins": [3]}]) == {}


def test_a_new_one_is_right_at_once() -> None:
    made = {new(["abc", "x", "y"]) for _time in range(500)}
    assert len(made) == 500
    assert all(len(password) == 32 and not faults(password, "abc", ["x", "y"]) for password in made)
    assert all(yaml.safe_load(f'"{password}"') == password and password[0].isalnum() for password in made)


def test_a_file_is_made_and_only_its_owner_can_read_it(waiting: list[Any], tmp_path: Path) -> None:
    path = tmp_path / "group_vars" / "secrets.yml"
    assert add(path, missing(waiting), check=True) == ["vault_cook", "vault_taster", "vault_framer", "vault_five"]
    assert not path.exists()
    add(path, missing(waiting), check=False)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text().startswith("---\n")
    assert f"ansible-vault encrypt {path}" in path.read_text()
    assert sorted(yaml.safe_load(path.read_text())) == ["vault_cook", "vault_five", "vault_framer", "vault_taster"]
    assert os.listdir(path.parent) == ["secrets.yml"]


def test_existing_ones_stay_to_the_letter(waiting: list[Any], tmp_path: Path) -> None:
    path = tmp_path / "secrets.yml"
    before = "# mine\nvault_cook:   fake-4-of-the-matrix-tests\nother: [1]"
    path.write_text(before)
    path.chmod(0o644)
    assert add(path, missing(waiting), check=False) == ["vault_taster", "vault_framer", "vault_five"]
    assert path.read_text().startswith(f"{before}\nvault_taster: ")
    assert path.stat().st_mode & 0o777 == 0o600
    whole = path.read_bytes()
    assert add(path, missing(waiting), check=False) == []
    assert path.read_bytes() == whole


def test_a_link_stays_a_link(waiting: list[Any], tmp_path: Path) -> None:
    link = tmp_path / "link.yml"
    link.symlink_to("secrets.yml")
    add(link, missing(waiting), check=False)
    assert link.is_symlink()
    assert len(yaml.safe_load((tmp_path / "secrets.yml").read_text())) == 4


@pytest.mark.parametrize(("content", "says"), [
    ("$ANSIBLE_VAULT;1.1;AES256\n31\n",
     "{path} is encrypted: set good_neighbor_secrets_file to a new file, and encrypt that one too"),
    ("a: fake-6\nb: [fake-7", "{path} is no YAML, line 2"),
    ("- fake-6\n", "{path} is no mapping of variables"),
])  # fmt: skip
def test_a_file_that_cannot_be_added_to(waiting: list[Any], tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "secrets.yml"
    path.write_text(content)
    for check in (True, False):
        with pytest.raises(GoodNeighborError) as told:
            add(path, missing(waiting), check=check)
        assert str(told.value) == says.format(path=path)
    assert path.read_text() == content
    assert add(path, {}, check=False) == [], "nothing is missing, so nothing is read"


def test_a_place_that_cannot_be_written_to(waiting: list[Any], tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text("")
    with pytest.raises(GoodNeighborError) as told:
        add(tmp_path / "hosts.yml" / "secrets.yml", missing(waiting), check=False)
    assert "hosts.yml" in str(told.value)
