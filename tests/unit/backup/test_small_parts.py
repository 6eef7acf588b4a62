"""What may go, what is too small, what the place offsite may say, metrics, and the program as one file."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup import (
    layout, metrics, offsite, retention, terminal)
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.errors import BackupError
from ansible_collections.bbworlds.good_neighbor.plugins.plugin_utils import program_file
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 11, 28, tzinfo=timezone.utc)


@given(st.sets(st.integers(0, 100)), st.integers(1, 30), st.integers(1, 10))
def test_what_expires(ages: set[int], days: int, least: int) -> None:
    good = sorted(layout.stamp(NOW - timedelta(days=age)) for age in ages)
    gone = retention.expired(good, NOW, days, least)
    assert all(name < layout.stamp(NOW - timedelta(days=days)) for name in gone)
    kept = [name for name in good if name not in gone]
    assert len(kept) >= min(least, len(good)) and kept == good[len(gone):]


@pytest.mark.parametrize(("size", "last", "right"), [(50, 100, True), (49, 100, False), (0, None, True), (0, 0, True)])
def test_too_small(size: int, last: int | None, right: bool) -> None:
    if right:
        retention.check_size(size, last, 0.5)
    else:
        with pytest.raises(BackupError, match="accept-smaller"):
            retention.check_size(size, last, 0.5)


def test_room() -> None:
    retention.check_room(120, 100)
    retention.check_room(0, None)
    with pytest.raises(BackupError, match="120 are needed"):
        retention.check_room(119, 100)


def listing(*entries: tuple[str, int]) -> bytes:
    """What rclone lists."""
    return json.dumps([{"Path": path, "Size": size} for path, size in entries]).encode()


def test_only_complete_backups_count_offsite() -> None:
    name = "20261128T021500Z"
    whole = [(f"{name}/{file}", size) for file, size in (("dump.age", 7), ("globals.age", 1), ("manifest.age", 1))]
    odd = [("../../x", 1), (f"{name}/extra", 1), (f".{name}.partial/dump.age", 9), ("20261127T021500Z/dump.age", 9)]
    assert offsite.complete(listing(*whole, *odd)) == {name: 7}


@pytest.mark.parametrize("content", [b"", b"[1]", b"[{}]", b"null", b'[{"Path": "20261128T021500Z/dump.age"}]'])
def test_what_is_not_rclones_is_refused(content: bytes) -> None:
    with pytest.raises(BackupError, match="not rclone's"):
        offsite.complete(content)


def test_metrics_of_any_name() -> None:
    sample = metrics.Sample((("service", 'a"b\\c\nd'),), {"success": 1, "duration_seconds": 1.23456})
    assert metrics.text([sample]).splitlines()[2] == 'good_neighbor_backup_success{service="a\\"b\\\\c\\nd"} 1'
    assert 'duration_seconds{service="a\\"b\\\\c\\nd"} 1.235' in metrics.text([sample])


@pytest.mark.parametrize("entry", ["backup.face"])
def test_the_program_is_one_file_that_needs_no_ansible(tmp_path: Path, entry: str) -> None:
    path = tmp_path / "program.pyz"
    path.write_bytes(program_file.build(entry))
    assert program_file.build(entry) == path.read_bytes()
    done = subprocess.run([sys.executable, "-I", "-S", path, "--help"], capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0 and "usage" in done.stdout, done.stderr
    with pytest.raises(ValueError, match="no module"):
        program_file.build("backup.nothing")


def test_a_name_moves_no_cursor_of_any_program(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.say("table \x1b[2Jgone\r of\nshop")
    assert capsys.readouterr().out == "table ?[2Jgone? of\nshop\n"
    for face in ("face.py", "drill_face.py"):
        assert "sys.stdout" not in (program_file.ROOT / "backup" / face).read_text(encoding="utf-8")
