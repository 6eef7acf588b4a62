"""Settings files as the row declares them, whole at every moment; a service reads them again only when they changed."""

from __future__ import annotations

import grp
import json
import os
import pwd
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
from live.proofs import plays
from live.proofs.doors import dotenv, password
from live.proofs.house import House

ACCOUNT, GROUP = (("nobody", "nogroup") if os.geteuid() == 0 else
                  (pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name))
MODE = "0400"
NEW = 'fake-new-Hb7q@Wz/2%mK:x"9v&Tn4'


@dataclass
class Seen:
    """What somebody saw who looked at a file all the time."""

    texts: set[str] = field(default_factory=set)
    states: set[tuple[str, str, str]] = field(default_factory=set)
    looks: int = 0


def state(path: Path) -> tuple[str, str, str]:
    """Owner, group and mode."""
    found = path.stat()
    return pwd.getpwuid(found.st_uid).pw_name, grp.getgrgid(found.st_gid).gr_name, f"{stat.S_IMODE(found.st_mode):04o}"


@contextmanager
def looking(path: Path) -> Iterator[Seen]:
    """Looks at the file without a pause."""
    seen, ended = Seen(), threading.Event()

    def look() -> None:
        while not ended.is_set():
            seen.looks += 1
            seen.states.add(state(path))
            seen.texts.add(path.read_text())

    looker = threading.Thread(target=look)
    looker.start()
    try:
        yield seen
    finally:
        ended.set()
        looker.join()


def declared(house: House, path: Path, marker: Path) -> tuple[str, str]:
    """NEXUS's settings file with all that a row can say of one, as an argument of ansible-playbook."""
    reload = marker.with_name("reload")
    reload.write_text(f"#!/bin/sh\necho read again >> '{marker}'\n")
    reload.chmod(0o755)
    overrides = house.overrides()
    overrides["nexus"]["env_files"] = [{"path": str(path), "format": "dotenv", "owner": ACCOUNT, "group": GROUP,
                                        "mode": MODE, "reload": str(reload)}]
    return "-e", json.dumps({"good_neighbor_overrides": overrides})


def test_as_declared_and_read_again_only_when_changed(tidy: House, tmp_path: Path) -> None:
    path, marker = tidy.settings_folder / "nexus" / "database.env", tmp_path / "marker"
    before, how = path.read_text(), declared(tidy, path, marker)
    assert state(path)[2] == "0640"
    assert plays.site(tidy, "--check", *how).status == 0
    assert state(path)[2] == "0640" and not marker.exists()

    made = plays.site(tidy, *how)
    assert (made.status, made.changed) == (0, 3), made.output  # the file, the reload, and the note of it
    assert (state(path), path.read_text(), marker.read_text()) == ((ACCOUNT, GROUP, MODE), before, "read again\n")
    again = plays.site(tidy, *how)
    assert (again.status, again.changed, marker.read_text()) == (0, 0, "read again\n"), again.output

    with looking(path) as seen:
        replaced = plays.site(tidy, *how, "-e", json.dumps({"vault_nexus_user": NEW}))
    assert (replaced.status, marker.read_text()) == (0, "read again\nread again\n"), replaced.output
    assert seen.texts == {before, path.read_text()} and seen.looks > 100
    assert seen.states == {(ACCOUNT, GROUP, MODE)}
    assert dotenv(path)["DB_PASSWORD"] == NEW != password("nexus_user")
    tidy.enter("nexus_user", NEW, "bbworlds_nexus").close()
    assert [other.name for other in path.parent.iterdir()] == [path.name]


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


def test_a_driver_takes_the_url_as_it_stands(tidy: House) -> None:
    ((variable, url),) = dotenv(tidy.settings_folder / "bbworlds-api" / "database.env").items()
    assert variable == "WORLD_DB_URL"
    assert password("world_user") not in url  # percent-encoded
    with closing(psycopg2.connect(url)) as session, session.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database()")
        assert cursor.fetchone() == ("world_user", "bbworlds_world")
