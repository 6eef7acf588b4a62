"""Settings files as the row declares them, whole at every moment; a service reads them again only when they changed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
from live.proofs import plays
from live.proofs.doors import dotenv, password
from live.proofs.house import House
from live.proofs.settings import ACCOUNT, GROUP, MODE, declared, state

NEW = 'fake-new-Hb7q@Wz/2%mK:x"9v&Tn4'


@dataclass
class Seen:
    """What somebody saw who looked at a file all the time."""

    texts: set[str] = field(default_factory=set)
    states: set[tuple[str, str, str]] = field(default_factory=set)
    looks: int = 0


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


def test_a_driver_takes_the_url_as_it_stands(tidy: House) -> None:
    ((variable, url),) = dotenv(tidy.settings_folder / "bbworlds-api" / "database.env").items()
    assert variable == "WORLD_DB_URL"
    assert password("world_user") not in url  # percent-encoded
    with closing(psycopg2.connect(url)) as session, session.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database()")
        assert cursor.fetchone() == ("world_user", "bbworlds_world")
