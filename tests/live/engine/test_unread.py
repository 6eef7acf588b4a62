"""Files of access that were changed, and that the server has not read: it goes by what it read before."""

from __future__ import annotations

import os
import time

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import hba
from live.engine.cases import rules, states, told
from live.engine.neighborhood import SHELF, Neighborhood
from live.postgres import IDENT, major

OPEN = "host all all 127.0.0.1/32 trust"
# files are included from PostgreSQL 16 on
WAYS = ["include more.conf", "include_dir more.d", "include more.d/deeper.conf"] if major() >= 16 else []


def loaded(library: Neighborhood, *top: str) -> None:
    """The server has read what the matrix says, with these lines on top; the next second has begun: files know no parts."""
    library.cluster.access([*top, *hba.lines(library.matrix, SHELF)])
    end = int(time.time()) + 1
    while time.time() < end:
        time.sleep(0.01)


def unread(library: Neighborhood) -> set[str]:
    """The files that it says are unread; whatever else it says, they are all."""
    found = library.check()
    assert rules(found) == {"access-not-reloaded"}, told(found)
    return {str(violation["object"]) for violation in states(found)}


@pytest.mark.parametrize("name", ["pg_hba.conf", "pg_ident.conf"])
def test_an_older_file_that_took_its_place(library: Neighborhood, name: str) -> None:
    loaded(library, *([OPEN] if name == "pg_hba.conf" else []))
    lines = hba.lines(library.matrix, SHELF) if name == "pg_hba.conf" else [IDENT]
    kept = library.cluster.data / "kept"
    kept.write_text("".join(f"{line}\n" for line in lines))
    os.utime(kept, (1_000_000_000, 1_000_000_000))
    kept.rename(library.cluster.data / name)
    assert unread(library) == {name.removeprefix("pg_").replace(".conf", "_file")}
    library.doors(opened=False)
    assert rules(library.check()) == set()


@pytest.mark.parametrize("way", WAYS)
def test_an_included_file_that_lost_its_lines(library: Neighborhood, way: str) -> None:
    folder = library.cluster.data
    (folder / "more.d").mkdir(exist_ok=True)
    (folder / "more.d/deeper.conf").write_text("include ../more.conf\n")
    (folder / "more.conf").write_text(f"{OPEN}\n")
    loaded(library, way)
    (folder / "more.conf").write_text("# nothing\n")
    assert unread(library) == {str(folder / "more.conf")}
    loaded(library)
    assert rules(library.check()) == set()


def test_a_list_of_names_that_got_shorter(library: Neighborhood) -> None:
    people = library.cluster.data / "people"
    people.write_text("loans_owner catalogue_web\n")
    loaded(library, "host loans @people 127.0.0.1/32 scram-sha-256")
    people.write_text("loans_owner\n")
    assert unread(library) == {str(people)}
