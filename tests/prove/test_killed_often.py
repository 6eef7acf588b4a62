"""kill -9 at thirty random moments of the module, and at a few of a whole playbook with all its processes."""

from __future__ import annotations

import random
import subprocess
import time
from contextlib import closing
from pathlib import Path

from live.proofs import history, kills, plays
from live.proofs.fixtures import Gold
from live.proofs.house import House, checksums
from live.proofs.watching import watch
from prove.processes import kill_family

KILLS, PLAYS = 30, 6
NAIVE = 20


def test_the_module_killed_at_thirty_random_moments(house: House, by_hand: Gold, tmp_path: Path) -> None:
    print(kills.loop(house, by_hand, KILLS, tmp_path))


def test_the_playbook_killed_at_random_moments(house: House, by_hand: Gold, tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    chance, once = random.Random(seed), kills.twice(tmp_path)
    print(f"seed {seed}")
    before, arguments = checksums(house), house.arguments(once)
    process = plays.start(house, schema_files=(once,))
    at_work(house, process)
    start = time.monotonic()
    assert plays.finish(house, process).status == 0
    length, settings = time.monotonic() - start, files(house)
    assert len(settings) == 3
    killed: list[str] = []
    with watch(house, kills.MADE) as report:
        while len(killed) < PLAYS:
            house.reset(by_hand.data, by_hand.manifest)
            hand_made_settings(house)
            with history.kept(house):
                process = plays.start(house, schema_files=(once,))
                at_work(house, process)
                time.sleep(chance.uniform(0, length))
                count = kill_family(process.pid) if process.poll() is None else 0
                plays.finish(house, process)
                if count:
                    killed.append(f"{kills.leftover(house)} ({count} processes)")
                assert all(found in (settings[path], BY_HAND) for path, found in files(house).items())  # each is whole
                played = plays.site(house, schema_files=(once,))
                assert played.status == 0, played.output
                assert files(house) == settings
                again = plays.site(house, schema_files=(once,))
                assert (again.status, again.changed) == (0, 0), again.output
                kills.assert_right(house, arguments, before, once)
                kills.closed_from_the_first(house)
    assert report.seen == []
    print(f"seed {seed}: {len(killed)} killed within {length:.1f} s; left behind: {', '.join(killed)}; {report}")


def test_how_sharp_the_watcher_is(house: House) -> None:
    """A database that is created open and closed at once, as many do it: how often is the moment between seen?"""
    seen = 0
    for number in range(NAIVE):
        with watch(house, [f"naive_{number}"]) as report:
            house.rows(f"CREATE DATABASE naive_{number}")
            house.rows(f"REVOKE CONNECT ON DATABASE naive_{number} FROM PUBLIC")
        seen += report.seen != []
    print(f"the watcher saw {seen} of {NAIVE} doors that were open between two statements")
    assert seen > 0


def at_work(house: House, process: subprocess.Popen[str]) -> None:
    """Waits until the playbook's module has reached the server."""
    with closing(house.admin()) as session, session.cursor() as cursor:
        while process.poll() is None:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'good\\_neighbor%'")
            if cursor.fetchone() != (0,):
                return
            time.sleep(0.005)


BY_HAND = "what somebody wrote\n"


def hand_made_settings(house: House) -> None:
    """Each settings file as somebody wrote it."""
    for path in house.settings_folder.glob("*/database.*"):
        path.write_text(BY_HAND)
    (house.folder / "results").unlink(missing_ok=True)


def files(house: House) -> dict[str, str]:
    """The settings files, and whatever lies beside them."""
    return {str(path): path.read_text() for path in house.settings_folder.glob("*/*")}
