"""Where the draft goes: where Ansible does not read it by itself, and never over another file."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.manager import VariableManager
from ansible_collections.bbworlds.good_neighbor.plugins.action.adopt import check, place
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import GoodNeighborError

HOSTS = "good_neighbor:\n  hosts:\n    a.example:\n"


def variables(source: object, *hosts: str) -> dict[str, object]:
    return {"ansible_inventory_sources": [str(source)], "ansible_play_hosts_all": list(hosts or ("a.example",))}


def test_below_the_inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hosts.yml").write_text(HOSTS)
    monkeypatch.chdir(tmp_path)
    given = {"server": "a.example"}
    assert place(given, variables(tmp_path)) == tmp_path / "group_vars" / "draft.yml"
    assert place(given, variables(tmp_path / "hosts.yml")) == tmp_path / "draft.yml"
    assert place(given, variables("a.example,")) == tmp_path / "draft.yml"
    assert place(given, variables(tmp_path, "a.example", "b.example")) == tmp_path / "group_vars" / "draft-a.example.yml"
    assert place({**given, "path": "x/y.yml"}, variables(tmp_path)) == tmp_path / "x" / "y.yml"
    with pytest.raises(GoodNeighborError, match="--limit"):
        place({**given, "path": "x.yml"}, variables(tmp_path, "a.example", "b.example"))


def test_ansible_does_not_read_it(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text(HOSTS)
    path = place({"server": "a.example"}, variables(tmp_path))
    path.parent.mkdir()
    path.write_text("good_neighbor_allocation: [{service: x}]\ngood_neighbor_servers: {a.example: {mode: audit}}\n")
    loader = DataLoader()
    inventory = InventoryManager(loader, [str(tmp_path)])
    assert set(inventory.groups) == {"all", "ungrouped", "good_neighbor"}
    found = VariableManager(loader, inventory).get_vars(host=inventory.get_host("a.example"))
    assert "good_neighbor_allocation" not in found


def test_never_over_another(tmp_path: Path) -> None:
    path = tmp_path / "draft.yml"
    check(path, overwrite=False)
    path.write_text("mine")
    check(path, overwrite=True)
    for wrong, overwrite in ((path, False), (tmp_path, True)):
        with pytest.raises(GoodNeighborError, match="is there already"):
            check(wrong, overwrite=overwrite)
