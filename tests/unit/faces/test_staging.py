"""Staging: what keeps it away from production, how long its phases take, and that it does all that `site` does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.bbworlds.good_neighbor.plugins.action.environment import refusal
from ansible_collections.bbworlds.good_neighbor.plugins.plugin_utils import phases

from ..matrix.test_plays import PLAYBOOKS, ROOT, door, play

INVENTORIES = ROOT / "inventories"


@pytest.mark.parametrize(("said", "typed", "says"), [
    ({"one": "staging", "two": "staging"}, False, ""),
    ({"one": "staging", "two": "production"}, False, "two is production"),
    ({"one": "staging", "two": None}, False, "two is of no environment"),
    ({"one": ["staging"]}, False, "one is of no environment"),
    ({"one": "Staging "}, False, "one is Staging "),
    ({"one": "staging"}, True, "stands on the command line"),
    ({}, False, "no host is in the group good_neighbor"),
])  # fmt: skip
def test_who_is_refused(said: dict[str, object], typed: bool, says: str) -> None:
    why = refusal("staging", said, typed=typed)
    assert says in why
    assert bool(why) == bool(says)


def hosts(folder: Path, name: str, port: int, **words: object) -> str:
    """An inventory of one host that is voice-ninja.com, behind a door of this machine."""
    path = folder / f"{name}.yml"
    own = {"ansible_host": "127.0.0.1", "ansible_port": port, **words}
    path.write_text(yaml.safe_dump({"good_neighbor": {"hosts": {"voice-ninja.com": own}}}))
    return str(path)


def matrix(folder: Path) -> str:
    """The variables that make the shared matrix right."""
    secrets = {f"vault_{role}": f"fake-{role[::-1]}-Hb7qWz2mKx9vTn4c" for role in
               ("voice_ninja_user", "voice_ninja_analytics", "nexus_user", "world_user", "auth_user")}
    path = folder / "matrix.yml"
    path.write_text((INVENTORIES / "allocation.yml").read_text() + yaml.safe_dump(secrets))
    return f"@{path}"


def test_no_host_is_touched_before_its_inventory_says_staging(tmp_path: Path) -> None:
    book = PLAYBOOKS / "rebuild_staging.yml"
    with door() as (port, knocked):
        staging = hosts(tmp_path, "staging", port, good_neighbor_environment="staging")
        nowhere = hosts(tmp_path, "nowhere", port)
        mine = ("-e", matrix(tmp_path))
        refused: dict[str, tuple[str, ...]] = {
            "voice-ninja.com is of no environment": ("-i", nowhere),
            f"voice-ninja.com in {nowhere} is of no environment": ("-i", nowhere, "-i", staging),
            "stands on the command line": ("-i", nowhere, "-e", "good_neighbor_environment=staging"),
            "voice-ninja.com is production": ("-i", str(INVENTORIES / "production"), "--limit", "voice-ninja.com"),
        }
        for says, options in refused.items():
            run = play(tmp_path, book, *options, *mine)
            assert run.returncode == 2
            assert says in run.stdout + run.stderr, run.stdout[-1500:] + run.stderr[-1500:]
        assert knocked == []
        play(tmp_path, book, "-i", staging, *mine)
        assert knocked, "the control: what says staging is touched"


def test_each_inventory_says_what_it_is() -> None:
    for name in ("staging", "production"):
        group = yaml.safe_load((INVENTORIES / name / "hosts.yml").read_text())["good_neighbor"]
        assert {words["good_neighbor_environment"] for words in group["hosts"].values()} == {name}


def roles(playbook: str) -> list[tuple[str, str]]:
    """The roles that a playbook and those that it imports call, each with its entry point."""
    found: list[tuple[str, str]] = []
    plays: list[dict[str, Any]] = yaml.safe_load((PLAYBOOKS / playbook).read_text())
    for entry in plays:
        if "ansible.builtin.import_playbook" in entry:
            found += roles(entry["ansible.builtin.import_playbook"])
        found += [(role["role"], "main") for role in entry.get("roles", ())]
        found += [(task[name]["name"], task[name]["tasks_from"]) for task in entry.get("tasks", ())
                  for name in task if name == "ansible.builtin.import_role"]
    return found


def test_staging_does_all_that_site_does_in_its_order() -> None:
    wanted, done = roles("site.yml"), roles("rebuild_staging.yml")
    assert len(wanted) >= 3
    assert [step for step in done if step in wanted] == wanted, "a step of site.yml belongs into rebuild_staging.yml too"


def test_phases_follow_each_other(tmp_path: Path) -> None:
    file = tmp_path / "phases"
    assert phases.taken(file, 5.0) == []
    for name, moment in [("one", 1.0), ("one", 1.5), ("two\nlines", 3.0), ("three", 3.25), ("one", 9.0)]:
        phases.begin(file, name, moment)
    taken = phases.taken(file, 10.0)
    assert taken == [("one", 2.0), ("two lines", 0.25), ("three", 6.75)]
    assert phases.text([("before", 91.0), *taken]).splitlines()[1:] == [
        "phase         took",
        "before      91.0 s",
        "one          2.0 s",
        "two lines    0.2 s",
        "three        6.8 s",
        "all        100.0 s",
    ]


def test_phases_are_told_at_the_end_of_a_run(tmp_path: Path) -> None:
    tasks: list[dict[str, Any]] = [
        {"name": "begins", "bbworlds.good_neighbor.phase": {"begins": "a nap"}},
        {"name": "a nap", "ansible.builtin.pause": {"seconds": 1}, "run_once": True},
        {"name": "ends", "bbworlds.good_neighbor.phase": {"before": [{"name": "a start", "seconds": 2}]}, "run_once": True},
    ]
    book = tmp_path / "play.yml"
    book.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    run = play(tmp_path, book, "-i", "one,two,")
    lines = {line.rsplit(maxsplit=2)[0].strip(): line.split()[-2] for line in run.stdout.splitlines() if line.endswith(" s")}
    assert list(lines) == ["a start", "a nap", "all"], run.stdout
    assert lines["a start"] == "2.0"
    assert 1 <= float(lines["a nap"]) < 30


@pytest.mark.parametrize(("inventory", "below"), [("inventory", "inventory"), ("inventory/hosts.yml", "inventory"),
                                                  ("hosts.yml", ".")])
def test_secrets_go_beside_the_inventory_whatever_names_it(tmp_path: Path, inventory: str, below: str) -> None:
    for folder in (tmp_path, tmp_path / "inventory"):
        (folder / "group_vars" / "all").mkdir(parents=True)
        (folder / "hosts.yml").write_text("good_neighbor: {hosts: {voice-ninja.com: }}\n")
        (folder / "group_vars" / "all" / "matrix.yml").write_text((INVENTORIES / "allocation.yml").read_text())
    run = play(tmp_path, PLAYBOOKS / "secrets.yml", "-i", inventory)
    assert run.returncode == 0, run.stdout + run.stderr
    assert [path.relative_to(tmp_path) for path in tmp_path.rglob("secrets.yml")] == [
        Path(below, "group_vars", "all", "secrets.yml")]


def test_an_inventory_that_lies_nowhere_is_told(tmp_path: Path) -> None:
    run = play(tmp_path, PLAYBOOKS / "secrets.yml", "-i", "voice-ninja.com,", "-e", f"@{INVENTORIES}/allocation.yml")
    assert run.returncode == 2
    assert "name a file for the secrets with good_neighbor_secrets_file" in run.stdout + run.stderr
