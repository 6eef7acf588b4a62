"""Measures the engine beside what could be used instead, and prints ratios. `make bench` runs it after run.py.

In every round each contestant runs once, one after the other, so that what else the machine does meets all of them; each
round gives a ratio, and the median counts.

Nothing to do: a task of the engine against the floor (a playbook of one task that does SELECT 1), against the floor plus the
same catalogs read by hand, and against loops over community.postgresql's modules. From nothing: against a task that
runs a script with psql. Growth: what the module takes for each service, with 100 objects in each database.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from live.postgres import listing, new_folder
from live.proofs.crowd import Crowd
from live.proofs.house import run_module
from measure import Cost, floor, module, task
from rivals import by_hand, loops, script

SIZES, LOOPED, GROWTH = (3, 50, 200), (3, 50), (50, 200, 1000)
TABLES = 30  # of three objects each, besides the ten of every database: 100 objects
Contestant = Callable[[Crowd], Cost]


@contextmanager
def crowd_of(count: int, more: int = 0) -> Iterator[tuple[Crowd, Callable[[], None]]]:
    """A server with nothing in it yet, and what brings it back to that."""
    crowd, empty = Crowd(new_folder(), count=count, more=more), new_folder()
    try:
        crowd.make()
        shutil.copytree(crowd.end(), empty / "data")
        manifest = listing(empty / "data")
        crowd.reset(empty / "data", manifest)
        yield crowd, lambda: crowd.reset(empty / "data", manifest)
    finally:
        crowd.remove()
        shutil.rmtree(empty)


def rounds(
    crowd: Crowd, times: int, *contestants: Contestant, before: Callable[[], None] = lambda: None
) -> list[list[Cost]]:
    """What each contestant cost in each round."""
    found = []
    for _round in range(times):
        costs = []
        for contestant in contestants:
            before()
            costs.append(contestant(crowd))
        found.append(costs)
    return found


def ratio(found: list[list[Cost]], ours: int, *theirs: int) -> tuple[float, float]:
    """The median of ours over the sum of theirs, in seconds on the clock and of CPU."""
    wall = statistics.median(one[ours].wall / sum(one[n].wall for n in theirs) for one in found)
    cpu = statistics.median(one[ours].cpu / sum(one[n].cpu for n in theirs) for one in found)
    return wall, cpu


def told(rows: int, work: str, against: str, value: tuple[float, float]) -> None:
    """Prints a line."""
    print(f"{rows:5}  {work:14}{against:34}{value[0]:8.2f}{value[1]:8.2f}", flush=True)


def compare(count: int, times: int) -> None:
    """The lines for so many rows."""
    with crowd_of(count) as (crowd, reset):
        cold = rounds(crowd, times, script, task, before=reset)
        told(count, "from nothing", "psql, run by Ansible", ratio(cold, 1, 0))
        found = rounds(crowd, times, floor, by_hand, task)
        told(count, "nothing to do", "floor", ratio(found, 2, 0))
        told(count, "nothing to do", "floor + catalogs by hand", ratio(found, 2, 0, 1))
        if count in LOOPED:
            told(count, "nothing to do", "loops / ours", ratio(rounds(crowd, times, task, loops), 1, 0))


def grow(count: int, times: int) -> None:
    """What a service costs where there are so many, each with 100 objects."""
    with crowd_of(count, TABLES) as (crowd, _reset):
        run_module(crowd.arguments())
        costs = [one[0] for one in rounds(crowd, times, module)]
        made = run_module(crowd.arguments())
        assert (made["changed"], made["violations"]) == (False, []), "what was measured did not do its work"
    each = [1000 * statistics.median(values) / count for values in ([c.wall for c in costs], [c.cpu for c in costs])]
    print(f"{count:5}{each[0]:12.1f}{each[1]:12.1f}{max(c.memory for c in costs):12.0f}", flush=True)


def main() -> None:
    """Prints the tables, line by line as they are measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=SIZES, help="sizes of the matrix")
    parser.add_argument("--growth", type=int, nargs="*", default=GROWTH, help="sizes with 100 objects in each database")
    parser.add_argument("--times", type=int, default=5, help="rounds")
    options = parser.parse_args()
    print(f"\n{'rows':>5}  {'work':14}{'against':34}{'wall':>8}{'CPU':>8}")
    for count in options.rows:
        compare(count, options.times)
    print(f"\n{'rows':>5}{'wall ms':>12}{'CPU ms':>12}{'most MB':>12}   of the module, for each row")
    for count in options.growth:
        grow(count, options.times)


if __name__ == "__main__":
    main()
