"""A running server is asked whether it lives by a file of ours, and made to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog.session import Server
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import ServerError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.server import given, running, settings
from live.postgres import SUPERUSER_LINE, Cluster, make_data, new_folder

WANTED = {"work_mem": "5MB", "log_lock_waits": "on"}


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A server that reads conf.d, where nothing lies yet."""
    made = Cluster(new_folder())
    try:
        make_data(made.data)
        made.access([SUPERUSER_LINE])
        (made.data / "conf.d").mkdir(mode=0o755)
        with (made.data / "postgresql.conf").open("a") as file:
            file.write("include_dir = 'conf.d'\n")
        made.start()
        yield made
    finally:
        made.remove()


def write(cluster: Cluster, wanted: dict[str, str], name: str = "good_neighbor.conf") -> str:
    """Put a file of settings where the server reads it."""
    path: Path = cluster.data / "conf.d" / name
    path.write_text(settings.text(wanted))
    return str(path)


def settle(cluster: Cluster, path: str, wanted: dict[str, str]) -> running.Report:
    """One run, as the module does it."""
    with closing(cluster.admin()) as session, session.cursor() as cursor:
        report = running.look(cursor, path, wanted, [])
        running.settle(cursor, report, wanted)
        return report


def show(cluster: Cluster, name: str) -> Any:
    """A setting as a new session finds it."""
    with closing(cluster.admin()) as session, session.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        return cursor.fetchone()[0]


def test_the_server_is_made_to_live_by_the_file(cluster: Cluster) -> None:
    path = write(cluster, WANTED)
    assert settle(cluster, path, WANTED).reload
    assert (show(cluster, "work_mem"), show(cluster, "log_lock_waits")) == ("5MB", "on")
    assert settle(cluster, path, WANTED) == running.Report()


def test_what_alter_system_changed_is_taken_back(cluster: Cluster) -> None:
    path = write(cluster, WANTED)
    settle(cluster, path, WANTED)
    with closing(cluster.admin()) as session, session.cursor() as cursor:
        cursor.execute("ALTER SYSTEM SET work_mem = '1MB'")
        cursor.execute("ALTER SYSTEM SET log_hostname = on")
        cursor.execute("SELECT pg_reload_conf()")
    assert settle(cluster, path, WANTED).undo == ["work_mem"]
    assert (show(cluster, "work_mem"), show(cluster, "log_hostname")) == ("5MB", "on")
    assert settle(cluster, path, WANTED) == running.Report()


def test_what_waits_for_a_restart_is_known_until_it_came(cluster: Cluster) -> None:
    wanted = {**WANTED, "max_locks_per_transaction": "77"}
    path = write(cluster, wanted)
    for _run in range(2):
        assert settle(cluster, path, wanted).pending == ["max_locks_per_transaction"]
    cluster.restart()
    assert settle(cluster, path, wanted) == running.Report()
    assert show(cluster, "max_locks_per_transaction") == "77"


def test_a_later_file_and_the_command_line_are_told(cluster: Cluster) -> None:
    wanted = {**WANTED, "jit": "on"}  # the test's server has jit=off on its command line
    path = write(cluster, wanted)
    later = write(cluster, {"work_mem": "1MB"}, "zz.conf")
    assert settle(cluster, path, wanted).elsewhere == {"work_mem": later, "jit": "its command line (pg_ctl.conf)"}


def test_a_file_that_is_not_read_is_an_error(cluster: Cluster, tmp_path: Path) -> None:
    elsewhere = tmp_path / "good_neighbor.conf"
    elsewhere.write_text(settings.text(WANTED))
    with pytest.raises(ServerError, match="does not read"):
        settle(cluster, str(elsewhere), WANTED)


def test_a_value_that_the_server_refuses_is_an_error(cluster: Cluster) -> None:
    path = write(cluster, {"work_mem": "much"})
    with pytest.raises(ServerError, match="refuses .*good_neighbor.conf line 2, work_mem"):
        settle(cluster, path, {"work_mem": "much"})


def test_what_everybody_was_given_is_taken_back_once(cluster: Cluster) -> None:
    with closing(cluster.admin()) as session, session.cursor() as cursor:
        cursor.execute("CREATE ROLE keeper; CREATE ROLE guest LOGIN")
        cursor.execute("CREATE DATABASE shop OWNER keeper TEMPLATE template0")
    server = Server({"host": str(cluster.folder), "port": cluster.port, "user": "postgres"}, "postgres")
    databases, limits = ["postgres", "template1", "shop", "none"], {"keeper": 0, "guest": 0}
    said = [(step.database, step.statement) for step in given.take_back(server, databases, limits, 7, dry=True)]
    assert said == [*[("postgres", f'ALTER ROLE "{role}" CONNECTION LIMIT {limit}')
                      for role, limit in (("postgres", 7), ("keeper", 0))],
                    *[(name, given.REVOKE) for name in ("postgres", "shop", "template1")]]
    done = given.take_back(server, databases, limits, 7, dry=False)
    assert [(step.database, step.statement) for step in done] == said
    assert given.take_back(server, databases, limits, 7, dry=False) == []
    with closing(cluster.admin("shop")) as session, session.cursor() as cursor:
        cursor.execute("SELECT rolname, rolconnlimit, has_schema_privilege(rolname, 'public', 'USAGE') FROM pg_roles "
                       "WHERE rolname !~ '^pg_' ORDER BY 1")
        assert cursor.fetchall() == [("guest", -1, False), ("keeper", 0, True), ("postgres", 7, True)]
