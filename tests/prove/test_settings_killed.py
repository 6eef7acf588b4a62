"""A run that ends before a service has read its settings file: the next one makes it good."""

from __future__ import annotations

from pathlib import Path

from live.proofs import plays
from live.proofs.house import House
from live.proofs.settings import ACCOUNT, GROUP, MODE, declared, state


def test_a_run_that_ends_before_the_service_has_read_its_file_is_made_good(tidy: House, tmp_path: Path) -> None:
    path, marker = tidy.settings_folder / "nexus" / "database.env", tmp_path / "marker"
    how = declared(tidy, path, marker)
    command = marker.with_name("reload")
    works = command.read_text()
    command.write_text("#!/bin/sh\nkill -9 $PPID\n")
    assert plays.site(tidy, *how).status != 0
    assert state(path) == (ACCOUNT, GROUP, MODE) and not marker.exists()
    half = path.with_name(".good_neighbor.new.left")
    half.write_text("DB_PASSWORD=fake-half")
    command.write_text(works)
    foretold = plays.site(tidy, "--check", *how)
    assert (foretold.status, foretold.changed > 0) == (0, True) and not marker.exists() and half.exists()
    assert plays.site(tidy, *how).status == 0
    assert marker.read_text() == "read again\n"
    again = plays.site(tidy, *how)
    assert (again.changed, marker.read_text()) == (0, "read again\n"), again.output
    assert [other.name for other in path.parent.iterdir()] == [path.name]
