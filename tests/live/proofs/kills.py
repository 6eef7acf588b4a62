"""kill -9 of a run, at random moments, and what must be so after the next run."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from live.proofs import history
from live.proofs.fixtures import Gold
from live.proofs.house import ONCE, House, checksums, result_of, run_module, start_module
from live.proofs.watching import Watch, watch

MADE = ("bbworlds_nexus", "bbworlds_world")  # the databases of the matrix that are missing at first


@dataclass
class Loop:
    """A loop of kills: where it came from, and what it met."""

    seed: int
    length: float  # of a whole run, in seconds
    killed: int = 0
    left: Counter[str] = field(default_factory=Counter)  # what a killed run left behind
    versions: int = 0
    watch: Watch = field(default_factory=Watch)

    def __str__(self) -> str:
        left = ", ".join(f"{count} {name}" for name, count in sorted(self.left.items()))
        return (
            f"seed {self.seed}: {self.killed} killed within {self.length:.2f} s of work; left behind: {left}; "
            f"{self.versions} versions of new databases' rows; {self.watch.looks} looks, longest gap "
            f"{self.watch.longest_gap * 1000:.0f} ms; the stranger was refused {self.watch.knocks}"
        )


def twice(folder: Path) -> str:
    """A schema file that can run twice, and shows it."""
    path = folder / "once.sql"
    path.write_text(ONCE)
    return str(path)


def loop(house: House, gold: Gold, kills: int, folder: Path, seed: int | None = None) -> Loop:
    """Kills `kills` runs of the module, each from the server made by hand, and looks after the next run of each."""
    seed = random.SystemRandom().randrange(2**32) if seed is None else seed
    chance, once = random.Random(seed), twice(folder)
    print(f"seed {seed}")
    house.reset(gold.data, gold.manifest)
    arguments, before = house.arguments(once), checksums(house)
    length = _length(arguments)
    assert_right(house, arguments, before, once)
    found = Loop(seed, length)
    with watch(house, MADE) as found.watch:
        while found.killed < kills:
            house.reset(gold.data, gold.manifest)
            with history.kept(house):
                process = start_module(arguments)
                time.sleep(chance.uniform(0, length))
                process.send_signal(signal.SIGKILL)
                if result_of(process) is None:
                    found.killed += 1
                    found.left[leftover(house)] += 1
                assert_right(house, arguments, before, once)
                found.versions += closed_from_the_first(house)
    assert found.watch.seen == [], found
    assert found.watch.knocks["denied"] > 0 and found.watch.looks > 0, found
    return found


def _length(arguments: Mapping[str, Any]) -> float:
    process = start_module(arguments)
    start = time.monotonic()
    assert result_of(process) is not None
    return time.monotonic() - start


def leftover(house: House) -> str:
    """What a killed run left, in a word."""
    there = dict(house.rows("SELECT datname, datallowconn FROM pg_database WHERE datname = ANY(%s)", values=(list(MADE),)))
    if not there:
        owner = house.rows("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'voice_ninja'")
        return "as made by hand" if owner == [("postgres",)] else "no new database"
    if not all(there.values()):
        return "a closed database"
    tables = [house.rows("SELECT to_regclass('public.applied') IS NOT NULL", name)[0][0] for name in there]
    return (
        "all schema files applied"
        if tables.count(True) == len(MADE)
        else f"{tables.count(True)} of {len(MADE)} databases filled"
    )


def assert_right(house: House, arguments: Mapping[str, Any], before: Mapping[str, Any], once: str) -> None:
    """One more run makes it right, the second is silent, and nothing was lost or done twice."""
    made = run_module(arguments)
    assert made["compliant"], [row for row in made["violations"] if row["state"] != "remedied"]
    again = run_module(arguments)
    assert (again["changed"], again["statements"], again["compliant"]) == (False, [], True)
    assert checksums(house) == before
    for database in MADE:
        records = house.rows("SELECT path, state FROM good_neighbor.schema_file ORDER BY path", database)
        assert records == [(once, "applied"), (f"schemas/{database}/001_initial.sql", "applied")]
        assert house.rows("SELECT count(*) FROM public.applied", database) == [(1,)]


def closed_from_the_first(house: House) -> int:
    """No version of a new database's row was ever open to PUBLIC; how many there were."""
    found = [version for version in history.versions(house) if version.database in MADE]
    assert {version.database for version in found} == set(MADE)
    assert [version for version in found if version.connections and version.public] == []
    return len(found)
