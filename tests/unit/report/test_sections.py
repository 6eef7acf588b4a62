"""What each section makes of its facts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.report import access, backups, latency, textfile
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.report.build import document
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.report.document import Document, Group, Paragraph, Table
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.report.facts import Facts
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.report.html import html
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.report.latency import Measured
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.report.scene import Scene

from .reading import Page
from .worlds import HOUR, NOON, READ_AT, SERVER, broken, entry, facts, matrix, row, samples, violation, well

DAY = 24 * HOUR


def lines(made: Document, section: str, number: int = 0) -> dict[str, list[str]]:
    """A table of a section: the texts of each row by its first cell."""
    blocks = next(found.blocks for found in made.sections if found.name == section)
    return {
        row[0].text: [cell.text for cell in row] for row in [one for one in blocks if isinstance(one, Table)][number].rows
    }


def drawn() -> Scene:
    """The picture of a server on which all is well."""
    server = well()
    return access.scene(matrix(), SERVER, server, access.found(matrix(), SERVER, server))


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({}, "no backup"),
        ({"backup_success": 1, "backup_last_success_timestamp_seconds": NOON - HOUR}, "no fresh copy offsite"),
        ({"backup_success": 0, "backup_last_success_timestamp_seconds": NOON - HOUR}, "last run failed"),
        (
            {
                "backup_success": 0,
                "backup_last_success_timestamp_seconds": NOON - DAY,
                "backup_last_attempt_timestamp_seconds": NOON - HOUR,
            },
            "running, or failed",
        ),
        ({"backup_last_success_timestamp_seconds": NOON - 27 * HOUR}, "too old"),
        ({"backup_last_success_timestamp_seconds": NOON + HOUR}, "dated in the future"),
        (
            {
                "backup_last_success_timestamp_seconds": NOON - HOUR,
                "backup_offsite_last_success_timestamp_seconds": NOON - HOUR,
            },
            "never restored on trial",
        ),
        (
            {
                "backup_last_success_timestamp_seconds": NOON - HOUR,
                "backup_offsite_last_success_timestamp_seconds": NOON - HOUR,
                "drill_success": 1,
                "drill_last_success_timestamp_seconds": NOON - 9 * DAY,
            },
            "drill overdue",
        ),
        (
            {
                "backup_last_success_timestamp_seconds": NOON - HOUR,
                "backup_offsite_last_success_timestamp_seconds": NOON - HOUR,
                "drill_success": 0,
                "drill_last_success_timestamp_seconds": NOON - DAY,
            },
            "drill failed",
        ),
        (
            {
                "backup_last_success_timestamp_seconds": NOON - HOUR,
                "backup_offsite_last_success_timestamp_seconds": NOON - HOUR,
                "drill_success": 1,
                "drill_last_success_timestamp_seconds": NOON - DAY,
            },
            "good",
        ),
    ],
)
def test_a_backup_is_judged_by_its_worst_fault(values: dict[str, float], verdict: str) -> None:
    found = backups.kept(row("bob_gpt"), samples("bob_gpt", **values) + samples("nexus", backup_success=0))
    assert backups.verdict(row("bob_gpt"), found, READ_AT).text == verdict


def test_important_rows_need_no_copy_offsite() -> None:
    values = {
        "backup_last_success_timestamp_seconds": NOON - HOUR,
        "drill_success": 1,
        "drill_last_success_timestamp_seconds": NOON,
    }
    assert backups.verdict(row("nexus"), backups.kept(row("nexus"), samples("nexus", **values)), READ_AT).text == "good"


def test_another_servers_backup_is_not_this_ones() -> None:
    found = [{**one, "labels": {**one["labels"], "server": "other.example"}} for one in samples("nexus", backup_success=1)]
    assert backups.kept(row("nexus"), found).backup == {}


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (None, "no calls yet"),
        (Measured(10, 50.0, 60.0, 100.0), "kept"),
        (Measured(10, 50.1, 60.0, 100.0), "missed"),
        (Measured(10, 20.0, 900.0, 94.0), "kept on average only"),
        (Measured(10, 20.0, 900.0, 95.0), "kept"),
    ],
)
def test_targets(found: Measured | None, verdict: str) -> None:
    assert latency.verdict(row("bob_gpt"), found).text == verdict


def test_only_the_services_own_statements_count() -> None:
    times = [
        {"database": "voice_ninja", "role": role, "ms": ms, "calls": calls, "total_ms": ms * calls * 1.0, "longest_ms": 90.0}
        for role, ms, calls in (("voice_ninja_user", 10, 30), ("voice_ninja_analytics", 60, 10), ("postgres", 5000, 99))
    ]
    assert latency.measured(row("bob_gpt"), times) == Measured(40, 22.5, 90.0, 75.0)
    assert latency.measured(row("nexus"), times) is None


def test_every_wall_holds_where_nobody_is_a_stranger() -> None:
    scene = drawn()
    assert (scene.breaches, [lane.strangers for lane in scene.lanes]) == ((), [0, 0, 0, 0])
    assert [lane.way for lane in scene.lanes] == ["open", "open", "not yet", "not yet"]
    assert scene.beyond == (("poqpoq Payment Gateway", "https://poqpoq.com"),)
    assert 'marker-end="url(#access-over)"' not in html(document(facts()))


def test_a_login_in_a_neighbours_database_is_a_breach() -> None:
    server = broken(entries=(entry("bob", "voice_ninja"),))
    entries = [
        {**one, "databases": [*one["databases"], "voice_ninja"]} if one["role"] == "nexus_user" else one
        for one in server.more["entries"]
    ]
    server = replace(server, more={**server.more, "entries": entries})
    made = document(facts(server))
    assert lines(made, "access")["voice_ninja"][4] == "nexus_user, bob"
    scene = access.scene(matrix(), SERVER, server, access.found(matrix(), SERVER, server))
    assert (scene.breaches, scene.lanes[0].strangers) == (((1, 0),), 2)
    page = Page(html(made))
    assert " ".join(page.drawn).count("2 others may enter") == 1
    assert ("path", "marker-end", "url(#access-over)") in page.attributes


def test_public_opens_a_wall_to_everybody() -> None:
    made = document(facts(broken(public=("bbworlds_nexus",))))
    assert lines(made, "access")["bbworlds_nexus"][4] == "PUBLIC (everybody)"
    assert "everybody may enter" in " ".join(Page(html(made)).drawn)


def test_a_missing_right_is_told() -> None:
    server = well()
    entries = [one for one in server.more["entries"] if one["role"] != "nexus_user"]
    made = document(facts(replace(server, more={**server.more, "entries": entries})))
    assert lines(made, "access")["bbworlds_nexus"][3] == "nexus_user"
    assert lines(made, "budget")["nexus_user"][3] == "not there"


def test_a_server_that_was_not_read_is_never_compliant() -> None:
    other = {"mode": "audit", "max_connections": 50, "maintenance_connections": 5}
    made = document(Facts(matrix(**{"other.example": other}), {SERVER: well()}))
    assert made.verdict.text == "not all read"
    assert [section.title for section in made.sections if section.name.startswith("unread")] == ["other.example"]
    assert {row[2] for row in lines(made, "success").values()} == {"not known"}


def test_more_places_than_are_shown_are_counted() -> None:
    made = document(facts(broken(*(violation("limit-role", "high", f"Role {number}.") for number in range(45)))))
    [group] = [block for section in made.sections for block in section.blocks if isinstance(block, Group)]
    assert group.title == "limit-role (45 places)"
    [points] = [block.points for block in group.blocks if not isinstance(block, Paragraph) and hasattr(block, "points")]
    assert (len(points), points[-1]) == (41, "and 5 more of this kind")


def test_a_large_matrix_is_drawn_in_part_and_told_whole() -> None:
    rows = tuple(
        replace(row("nexus"), service=f"s{number}", title=f"S{number}", database=f"d{number}", owner=f"o{number}")
        for number in range(60)
    )
    large = replace(matrix(), rows=rows)
    server = replace(
        well(),
        more={**well().more, "entries": [entry("o59", "d59", "d3")]},
        health={
            **well().health,
            "databases": [{**well().health["databases"][0], "database": f"d{number}"} for number in range(60)],
        },
    )
    scene = access.scene(large, SERVER, server, access.found(large, SERVER, server))
    assert (len(scene.lanes), scene.left_out) == (40, 20)
    assert scene.breaches == ((1, 0),)
    assert [lane.service for lane in scene.lanes[:3]] == ["S3", "S59", "S0"]
    assert len(lines(document(Facts(large, {SERVER: server})), "access")) == 60


def test_textfile_metrics(tmp_path: Path) -> None:
    (tmp_path / "a.prom").write_text(
        '# HELP good_neighbor_backup_success whether\ngood_neighbor_backup_success{service="nexus",note="a\\"b\\\\c, '
        'd=\\"e\\"\\nf"} 1\n'
        "good_neighbor_free 1.5e3 1700000000\nother_metric 3\ngood_neighbor_bad{a=b} x\ngood_neighbor_nan NaN\ngarbage\n"
    )
    (tmp_path / "b.txt").write_text("good_neighbor_no 1\n")
    found, notes = textfile.read(str(tmp_path), "good_neighbor_")
    assert found == [
        {"name": "good_neighbor_backup_success", "labels": {"service": "nexus", "note": 'a"b\\c, d="e"\nf'}, "value": 1.0},
        {"name": "good_neighbor_free", "labels": {}, "value": 1500.0},
    ]
    assert notes == []
    assert textfile.read(str(tmp_path / "none"), "x") == ([], [])
