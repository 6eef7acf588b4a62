"""What cannot be done is told, and leaves everything as it was."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from .conftest import Inn, wanted


@contextmanager
def untouched(inn: Inn) -> Iterator[None]:
    """Both files are the same before and after, and nothing is left over."""
    before = inn.hba_file.read_bytes(), inn.ident_file.read_bytes()
    yield
    assert (inn.hba_file.read_bytes(), inn.ident_file.read_bytes()) == before
    inn.cluster.admin().close()


def test_another_run_is_waited_for(inn: Inn) -> None:
    held = os.open(inn.cluster.data, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with untouched(inn):
        assert "another run has been writing into" in inn.run(timeout=1)["msg"]
        assert inn.run(timeout=1, mode="report")["differences"]  # who only looks waits for nobody
    os.close(held)
    assert inn.run()["changed"]


def test_no_space_for_the_scratch_server(inn: Inn) -> None:
    with untouched(inn):
        said = inn.run(limit=4096)["msg"]
        assert "initdb of the scratch server failed; nothing was changed" in said
    assert inn.left() == []


def test_a_folder_that_cannot_be_written(inn: Inn) -> None:
    with untouched(inn):
        (inn.cluster.data / ".good_neighbor-pg_ident.conf").mkdir()
        said = inn.run(ident=wanted()["ident"] + "spare nobody watcher\n")["msg"]
        (inn.cluster.data / ".good_neighbor-pg_ident.conf").rmdir()
        assert "pg_ident.conf cannot be written: Is a directory; it is as it was" in said


def test_the_first_file_comes_back_where_the_second_cannot_be_written(inn: Inn) -> None:
    with untouched(inn):
        (inn.cluster.data / ".good_neighbor-pg_hba.conf").mkdir()
        said = inn.run(ident=wanted()["ident"] + "spare nobody watcher\n")["msg"]
        (inn.cluster.data / ".good_neighbor-pg_hba.conf").rmdir()
        assert "pg_hba.conf cannot be written" in said
        assert "The former lines are in force again" in said


def test_every_broken_line_is_told_at_once(inn: Inn) -> None:
    with untouched(inn):
        said = inn.run(hba="# mine\nlocal all postgres pear\nhost all all 10.0.0.300/32 md5\n", ident="x y\nm /( z\n")["msg"]
    lines = said.splitlines()[1:]
    assert lines[0] == 'pg_hba.conf line 2, «local all postgres pear» (mine): invalid authentication method "pear"'
    assert lines[1].startswith("pg_hba.conf line 3, «host all all 10.0.0.300/32 md5» (mine): specifying both host name")
    assert lines[2] == "pg_ident.conf line 1: missing entry at end of line"
    assert lines[3].startswith('pg_ident.conf line 2: invalid regular expression "("')


def test_a_server_that_cannot_reload_is_told(inn: Inn) -> None:
    settings = inn.cluster.data / "postgresql.conf"
    right = settings.read_text()
    settings.write_text(f"{right}no_such_thing = on\n")
    try:
        with untouched(inn):
            said = inn.run(timeout=1)["msg"]
    finally:
        settings.write_text(right)
    assert "the server did not reload; " in said and "unrecognized configuration parameter" in said
    assert "The former files stand again, but the server did not reload" in said


def test_who_may_not_look_is_told(inn: Inn) -> None:
    inn.cluster.access(["local all postgres peer map=admin", "local all watcher trust"])
    with untouched(inn):
        assert "permission denied" in inn.run(login_user="watcher")["msg"]
