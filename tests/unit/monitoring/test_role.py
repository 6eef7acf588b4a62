"""What the role says of its variables is what it does."""

from __future__ import annotations

import re

from unit.role_files import RoleFiles

FILES = RoleFiles("monitoring")
ROLE = FILES.folder
PREFIX = "monitoring_"


def test_specified_defaults_are_the_real_ones() -> None:
    FILES.check_defaults()


def test_every_variable_that_the_tasks_take_is_specified() -> None:
    specified = {name for entry in FILES.specs().values() for name in entry.get("options", {}) if name.startswith(PREFIX)}
    files = [*(ROLE / "tasks").glob("*.yml"), *(ROLE / "templates").glob("*.j2"), ROLE / "vars/main.yml"]
    text = "\n".join(path.read_text() for path in files)
    used = set(re.findall(r"(?<![.\w])(monitoring_\w+)", text))
    given = re.findall(r"^ +vars:\n(?: {4}.*\n)*", text, re.M)  # to the tasks of another file
    made = set(re.findall(r"register: (\w+)", text)) | set(FILES.load("vars/main.yml")) | set(
        re.findall(r"^    (\w+):", "".join(given), re.M))
    assert used - made == specified


def test_entry_points_are_documented_and_there() -> None:
    FILES.check_entry_points()


def test_every_file_of_tasks_and_every_template_is_used() -> None:
    tasks = {path.name: path.read_text() for path in (ROLE / "tasks").glob("*.yml")}
    texts = "\n".join(tasks.values()) + (ROLE / "vars/main.yml").read_text()
    called = set(re.findall(r"(?:import|include)_tasks: (\w+\.yml)", texts)) | {f"{entry}.yml" for entry in FILES.specs()}
    assert called == set(tasks)
    templates = {path.name for path in (ROLE / "templates").glob("*.j2")}
    texts += "\n".join(path.read_text() for path in (ROLE / "templates").glob("*.j2"))
    assert [name for name in templates if name.removesuffix(".j2") not in texts] == []


def test_a_service_is_restarted_for_each_file_that_the_role_writes_for_it() -> None:
    known = FILES.load("vars/main.yml")
    watched = {path for service in [*known["monitoring_services"], known["monitoring_checked"]] for path in service["files"]}
    written = {one["dest"] for one in [*known["monitoring_units"], *known["monitoring_programs"]]}
    written |= {"/etc/good_neighbor/check.json", "/etc/good_neighbor/watch.json"}
    # a timer takes its file when systemd reads it
    assert watched == written - {"/etc/systemd/system/good-neighbor-check.timer"}


def test_no_unit_takes_the_servers_shared_memory_away() -> None:
    """RemoveIPC would, at the end of each check, which runs as the server's account."""
    assert [path.name for path in (ROLE / "templates").glob("*.j2") if "RemoveIPC" in path.read_text()] == []
