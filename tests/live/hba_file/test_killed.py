"""kill -9 at the moments that count: a whole valid file stands at each, the server lets in, and the next run ends it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psycopg2
import pytest

from .conftest import PASSWORD, Inn, wanted

# the start or the end of a function, and the how manieth time in a run
MOMENTS = [
    ("return of alone", 0),  # the lock is held
    ("call of _run", 0),  # the scratch server's folder is there
    ("call of _run", 1),  # its cluster is there, nobody has asked it
    ("return of _ask", 0),
    ("call of _fill", 0),  # pg_ident.conf is untouched
    ("return of _fill", 0),  # its successor lies beside it
    ("call of _sync", 0),  # it has taken its place
    ("return of _fill", 1),  # that of pg_hba.conf lies beside it
    ("call of _sync", 1),  # it has taken its place
    ("call of Live.reload", 0),  # nobody has told the server
    ("call of Live.loaded", 1),  # somebody has
    ("return of Live.reload", 0),  # it has loaded the files, nobody has looked
    ("return of _go_by", 0),
]


def changed() -> dict[str, str]:
    """Wanted texts, both of which differ from what is there."""
    texts = wanted()
    return {"hba": texts["hba"], "ident": texts["ident"] + "spare nobody watcher\n"}


def test_killed_at_each_moment_that_counts(inn: Inn) -> None:
    former = inn.hba_file.read_bytes(), inn.ident_file.read_bytes()
    texts = changed()
    both = {inn.hba_file: (former[0], texts["hba"].encode()), inn.ident_file: (former[1], texts["ident"].encode())}
    met = set()
    for moment in MOMENTS:
        inn.cluster.access(*(text.decode().splitlines() for text in former))
        assert inn.run(**texts, kill_at=moment) == {}, moment
        assert all(file.read_bytes() in texts for file, texts in both.items()), moment
        met.add(tuple(texts.index(file.read_bytes()) for file, texts in both.items()))
        inn.cluster.admin().close()
        age(inn.temporary)
        made = inn.run(**texts)
        assert made["changed"] or made["as_wanted"], (moment, made)
        again = inn.run(**texts)
        assert (again["changed"], again["as_wanted"]) == (False, True), moment
        assert inn.left() == [], moment
        with pytest.raises(psycopg2.OperationalError, match="pg_hba.conf rejects connection"):
            inn.cluster.login("cook", PASSWORD, "postgres")
    assert met == {(0, 0), (0, 1), (1, 1)}


def age(folder: Path) -> None:
    """What lies there is old enough to be taken for left over."""
    for path in folder.iterdir():
        os.utime(path, (time.time() - 3600,) * 2)
