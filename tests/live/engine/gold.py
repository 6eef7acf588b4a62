"""The gold copy: a cluster that the engine made what matrix.yml says, with rows in every table; made once a run."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from live.engine.neighborhood import WATCHER, Neighborhood, raw_matrix
from live.postgres import PREFIX, SUPERUSER_LINE, Cluster, listing, major, make_data, new_folder

# the retired service as it was when it worked: it owns rows
WORKED = {"rows": {"letters": {"status": "active", "password": "fake-desk-of-the-tests-8", "connection_limit": 2}}}
ROWS = {
    "loans": ("loans_owner", """
        INSERT INTO loan (title, lent) SELECT 'book ' || n, date '2024-01-01' + n FROM generate_series(1, 800) n;
        INSERT INTO return_slip (loan, note) SELECT n, 'late by ' || n FROM generate_series(1, 50) n;"""),
    "catalogue": ("catalogue_owner", """
        CREATE TABLE book (id serial PRIMARY KEY, title text DEFAULT 'untitled', deleted_at timestamptz);
        CREATE TABLE book_embedding (id serial PRIMARY KEY, embedding real[]);
        INSERT INTO book (title) SELECT 'title ' || n FROM generate_series(1, 100) n;
        INSERT INTO book_embedding (embedding) SELECT ARRAY[n, n / 2.0, 1] FROM generate_series(1, 20) n;"""),
    'Odd "db" 100%s.x\\é': ("Odd owner's \"own\" \\ %d ß", """
        CREATE TABLE "Mixed Case ""t"" %" ("col ""umn" int DEFAULT 1, plain text DEFAULT 'é');
        CREATE TABLE "semi;colon" (id serial, "per%cent" text DEFAULT '%');
        INSERT INTO "Mixed Case ""t"" %" SELECT n FROM generate_series(1, 10) n;
        INSERT INTO "semi;colon" DEFAULT VALUES;"""),
    "old_letters": ("archivist", """
        CREATE TABLE letter (id serial PRIMARY KEY, text text);
        INSERT INTO letter (text) SELECT 'dear reader ' || n FROM generate_series(1, 30) n;"""),
}
Story = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Gold:
    """Where it lies."""

    base: Path

    @property
    def folder(self) -> Path:
        """Its data."""
        return self.base / "data"

    @cached_property
    def manifest(self) -> dict[str, tuple[int, int]]:
        """What its files are like."""
        return listing(self.folder)

    @cached_property
    def story(self) -> Story:
        """What the engine returned while it was made."""
        return dict(json.loads((self.base / "story.json").read_text()))


def make(folder: Path) -> None:
    """Make the data and tell the story."""
    cluster = Cluster(new_folder())
    try:
        story = _tell(Neighborhood(cluster, raw_matrix(WORKED)))
        cluster.stop(signal.SIGINT)
        (cluster.data / "postmaster.opts").unlink()
        shutil.move(cluster.data, folder / "data")
        (folder / "story.json").write_text(json.dumps(story))
    finally:
        cluster.remove()


def _tell(library: Neighborhood) -> Story:
    cluster, story = library.cluster, {}
    make_data(cluster.data)
    cluster.access([SUPERUSER_LINE])
    cluster.start()
    library.sql("CREATE ROLE {} LOGIN CONNECTION LIMIT 2 PASSWORD '{}'; GRANT pg_monitor TO watcher".format(*WATCHER))
    library.doors(opened=False)
    story["asked"] = library.check()
    story["foretold"] = library.foretell()
    story["made"] = library.enforce()
    for database, (owner, statements) in ROWS.items():
        role = owner if owner != "catalogue_owner" else None
        if role is None:  # the owner does not log in: whoever migrates becomes it
            library.sql(statements, database, owner)
        else:
            with closing(library.login(role, database)) as session:
                session.cursor().execute(statements)
                session.commit()
    story["grown"] = library.enforce()
    library.raw = raw_matrix()
    library.doors(opened=False)
    story["retired"] = library.enforce()
    story["silent"] = library.enforce()
    return story


@contextmanager
def shared() -> Iterator[Gold]:
    """The gold copy of this run, which its workers share: the first one makes it, the last one deletes it."""
    run = os.getppid() if os.environ.get("PYTEST_XDIST_WORKER") else os.getpid()
    lock = Path(tempfile.gettempdir()) / f"{PREFIX}{run}-{major()}.lock"
    with _held(lock) as users:
        if not users:
            folder = new_folder()
            make(folder)
            users.append(str(folder))
        users.append(str(os.getpid()))
    folder = Path(users[0])
    try:
        yield Gold(folder)
    finally:
        with _held(lock) as users:
            users.remove(str(os.getpid()))
            if len(users) == 1:
                shutil.rmtree(folder)
                users.clear()
                lock.unlink()


@contextmanager
def _held(lock: Path) -> Iterator[list[str]]:
    """The words in a file that one process at a time holds."""
    with lock.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        words = file.read().split()
        yield words
        file.truncate(0)
        file.write("\n".join(words))
