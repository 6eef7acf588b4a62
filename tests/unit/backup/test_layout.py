"""Names of backups: nobody's name leads out of its folder, and nothing from the future is the newest."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup import layout
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.errors import BackupError
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 11, 28, 2, 15, 0, tzinfo=timezone.utc)


def test_a_backup_is_named_for_its_time_in_utc() -> None:
    assert layout.stamp(NOW.astimezone(timezone(timedelta(hours=5)))) == "20261128T021500Z"
    assert layout.parse_stamp("20261128T021500Z") == NOW


@pytest.mark.parametrize("text", ["20261328T021500Z", "20261128T021500", "20261128T021500Z\n", ".20261128T021500Z.partial",
                                  "٢٠٢٦١١٢٨T021500Z", ""])
def test_what_is_no_time_is_no_backup(text: str) -> None:
    assert not layout.is_stamp(text)
    with pytest.raises(BackupError, match="no name of a backup"):
        layout.parse_stamp(text)


def test_a_partial_one_is_none() -> None:
    name = layout.partial("20261128T021500Z")
    assert layout.is_partial(name) and not layout.is_stamp(name) and not layout.is_partial(".x.partial")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_any_name_is_one_folder_and_comes_back(name: str) -> None:
    if len(name.encode()) * 3 > layout.LONGEST:
        return
    folder = layout.folder(name)
    assert "/" not in folder and not folder.startswith(".") and folder.isascii() and folder.isprintable()
    assert layout.name_of(folder) == name


@pytest.mark.parametrize("name", ["", "x" * 201, "ü" * 40])
def test_what_no_file_system_takes_is_refused(name: str) -> None:
    with pytest.raises(BackupError, match="cannot be that of a folder"):
        layout.folder(name)


@pytest.mark.parametrize("folder", [".", "..", ".hidden", "%2e", "a b", "%FF", "%41", ""])
def test_other_folders_are_nobodys(folder: str) -> None:
    with pytest.raises(BackupError):
        layout.name_of(folder)


def test_paths() -> None:
    assert layout.path("voice-ninja.com", "../etc") == "voice-ninja.com/%2E.%2Fetc"


def test_the_future_is_never_the_newest() -> None:
    names = ["20261128T022100Z", "20261128T021900Z", "20261127T021500Z", "20270101T000000Z", ".20261128T021500Z.partial"]
    found = layout.dated(names, NOW)
    assert found.good == ("20261127T021500Z", "20261128T021900Z")  # clocks may differ by five minutes
    assert found.newest == "20261128T021900Z"
    assert found.future == ("20261128T022100Z", "20270101T000000Z")
    assert layout.dated([], NOW).newest is None
