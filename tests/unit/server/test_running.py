"""What the running server says of our file decides, not the file."""

from __future__ import annotations

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import ServerError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.server import running
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.server.running import Line

OURS, OTHER, AUTO = "/c/conf.d/good_neighbor.conf", "/c/conf.d/zz.conf", "/d/postgresql.auto.conf"
WANTED = {"work_mem": "5MB", "DateStyle": "iso, mdy"}
READ = [Line(OURS, 2, "datestyle", "iso, mdy", ""), Line(OURS, 3, "work_mem", "5MB", "")]
KINDS = {"work_mem": ("user", "configuration file"), "max_connections": ("postmaster", "configuration file")}


def judge(lines: list[Line], **kinds: tuple[str, str]) -> running.Report:
    """The report on these lines."""
    return running.judge(lines, {**KINDS, **kinds}, OURS, WANTED)


def test_a_file_that_is_read_needs_nothing() -> None:
    assert judge(READ) == running.Report()


def test_a_file_that_is_not_read_is_an_error() -> None:
    with pytest.raises(ServerError, match="does not read /c/conf.d/good_neighbor.conf"):
        judge([Line("/c/postgresql.conf", 1, "work_mem", "5MB", "")])


def test_what_alter_system_changed_is_to_be_taken_back() -> None:
    assert judge([*READ, Line(AUTO, 1, "work_mem", "1MB", ""), Line(AUTO, 2, "jit", "off", "")]).undo == ["work_mem"]
    assert judge([*READ, Line(AUTO, 1, "work_mem", "5MB", "")]).undo == []


def test_what_a_later_file_changes_is_said() -> None:
    assert judge([*READ, Line(OTHER, 1, "work_mem", "1MB", "")]).elsewhere == {"work_mem": OTHER}
    assert judge([Line(OTHER, 1, "work_mem", "1MB", ""), *READ]).elsewhere == {}


def test_the_command_line_wins_over_all_files() -> None:
    assert list(judge(READ, work_mem=("user", "command line")).elsewhere) == ["work_mem"]


def test_a_line_that_the_server_refuses_is_an_error_and_one_that_waits_is_not() -> None:
    with pytest.raises(ServerError, match="refuses /c/x.conf line 7, work_mem: invalid value"):
        judge([*READ, Line("/c/x.conf", 7, "work_mem", "much", "invalid value")])
    with pytest.raises(ServerError, match="refuses /c/x.conf line 7, a line: syntax error"):
        judge([*READ, Line("/c/x.conf", 7, "", "", "syntax error")])
    assert judge([*READ, Line(OURS, 4, "max_connections", "9", "setting could not be applied")]) == running.Report()


@pytest.mark.parametrize(("name", "sql"), [("jit", '"jit"'), ("auth_delay.milliseconds", '"auth_delay"."milliseconds"')])
def test_names_in_sql(name: str, sql: str) -> None:
    assert running.quoted(name) == sql
