"""Measures the engine and prints one table. `make bench` runs it; tools/bench --help tells its options.

Each row of the matrix is a database with two tables and a view, an owner, a reader and a setting. From nothing: an empty
server. Nothing to do: all is right. Repair: a tenth of the rows is broken, in four ways each. Module: a process that runs
the module without Ansible. Task: a playbook of one task that is the module. The floor is a playbook of one task that does
SELECT 1.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial

from live.postgres import listing, major, new_folder
from live.proofs.crowd import Crowd
from live.proofs.house import run_module
from measure import Cost, floor, module, repeated, task

SIZES, TIMES, MANY = (3, 50, 200), 5, 100  # from so many rows on, three times are enough where all is made from nothing
WAYS: dict[str, Callable[[Crowd], Cost]] = {"module": module, "task": task}
FAULTS = (  # in a row's database {n}, next to that of {other}
    'GRANT CONNECT ON DATABASE "database_{n}" TO PUBLIC',
    'ALTER ROLE "owner_{n}" CONNECTION LIMIT -1',
    "ALTER TABLE person OWNER TO postgres",
    'GRANT SELECT ON visit TO "reader_{other}"',
)
HEAD = (
    f"{'rows':>4}  {'work':14}{'run by':8}{'wall s':>8}{'CPU s':>8}{'server CPU s':>14}{'wall/floor':>12}{'CPU/floor':>11}"
)


@dataclass(frozen=True)
class Line:
    """A line of the table."""

    rows: int
    work: str
    way: str
    cost: Cost

    def text(self, least: Cost) -> str:
        """As it is printed, beside the floor."""
        cost = self.cost
        return (
            f"{self.rows:4}  {self.work:14}{self.way:8}{cost.wall:8.2f}{cost.cpu:8.2f}{cost.server:14.2f}"
            f"{cost.wall / least.wall:12.1f}{cost.cpu / least.cpu:11.1f}"
        )


def lines(count: int, times: int) -> Iterator[Line]:
    """The measures with so many rows, the floor first."""
    crowd, empty = Crowd(new_folder(), count=count), new_folder()
    try:
        crowd.make()
        shutil.copytree(crowd.end(), empty / "data")
        manifest = listing(empty / "data")
        works: dict[str, tuple[int, Callable[[], object]]] = {
            "from nothing": (min(times, 3) if count >= MANY else times, lambda: crowd.reset(empty / "data", manifest)),
            "nothing to do": (times, lambda: None),
            "repair": (times, lambda: spoil(crowd)),
        }
        for work, (often, before) in works.items():
            for way, run in WAYS.items():
                yield Line(count, work, way, repeated(often, before, partial(run, crowd)))
        made = run_module(crowd.arguments())
        assert (made["changed"], made["violations"]) == (False, []), "what was measured did not do its work"
    finally:
        crowd.remove()
        shutil.rmtree(empty)


def spoil(crowd: Crowd) -> None:
    """Breaks a tenth of the rows."""
    for number in range(0, crowd.count, 10):
        names = {"n": f"{number:03}", "other": f"{(number + 1) % crowd.count:03}"}
        for fault in FAULTS:
            crowd.rows(fault.format(**names), f"database_{number:03}")


def least_of_all(times: int) -> Cost:
    """What the floor costs."""
    crowd = Crowd(new_folder())
    try:
        crowd.make()
        return repeated(times, lambda: None, partial(floor, crowd))
    finally:
        crowd.remove()


def main() -> None:
    """Prints the table, line by line as it is measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=SIZES, help="sizes of the matrix")
    parser.add_argument("--times", type=int, default=TIMES, help="how often each is measured; the median counts")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    print(
        f"PostgreSQL {major()}, {os.cpu_count()} processors, load {load:.1f} at the start, "
        f"{datetime.now(timezone.utc):%Y-%m-%d}; medians of {options.times}, of {min(options.times, 3)} from nothing with "
        f"{MANY} rows or more",
        end="\n\n",
    )
    least = least_of_all(options.times)
    print(
        HEAD,
        f"{'':4}  {'SELECT 1':14}{'task':8}{least.wall:8.2f}{least.cpu:8.2f}{least.server:14.2f}{1:12.1f}{1:11.1f}",
        sep="\n",
        flush=True,
    )
    for count in options.rows:
        for line in lines(count, options.times):
            print(line.text(least), flush=True)


if __name__ == "__main__":
    main()
