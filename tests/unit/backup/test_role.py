"""What the role says of its variables is what it does."""

from __future__ import annotations

import re

from unit.role_files import RoleFiles

FILES = RoleFiles("backups")
ROLE = FILES.folder
PREFIX = "backups_"


def test_specified_defaults_are_the_real_ones() -> None:
    FILES.check_defaults()


def test_every_variable_that_the_tasks_take_is_specified() -> None:
    specified = {name for entry in FILES.specs().values() for name in entry.get("options", {}) if name.startswith(PREFIX)}
    files = [*(ROLE / "tasks").glob("*.yml"), *(ROLE / "templates").glob("*.j2"), ROLE / "vars/main.yml"]
    text = "\n".join(path.read_text() for path in files)
    used = set(re.findall(r"(?<![.\w])(backups_\w+)", text))
    made = set(re.findall(r"register: (\w+)", text)) | set(FILES.load("vars/main.yml"))
    made |= set(re.findall(r"^    (?:  )?(backups_\w+):", text, re.M))  # given to the files of tasks that are imported
    elsewhere = {"backups_address", "backups_port"}  # which other hosts ask for
    assert used - made == specified - elsewhere


def test_entry_points_are_documented_and_there() -> None:
    FILES.check_entry_points()


def test_every_file_of_tasks_is_called() -> None:
    texts = "\n".join(path.read_text() for path in (ROLE / "tasks").glob("*.yml"))
    called = set(re.findall(r"(?:import|include)_tasks: (\w+\.yml)", texts)) | {f"{entry}.yml" for entry in FILES.specs()}
    assert called == {path.name for path in (ROLE / "tasks").glob("*.yml")}
