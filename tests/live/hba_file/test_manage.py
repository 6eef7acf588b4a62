"""pg_hba.conf from the matrix, put in its place: valid, loaded, silent the second time, taken back where it locks out."""

from __future__ import annotations

import os
import time

import psycopg2
import pytest

from .conftest import OPERATOR, PASSWORD, Inn, wanted


def test_it_is_written_loaded_and_left_alone_the_second_time(inn: Inn) -> None:
    state = inn.hba_file.stat()
    made = inn.run()
    assert made["changed"] and not made["as_wanted"], made
    assert inn.hba_file.read_text() == wanted()["hba"]
    assert inn.ident_file.read_text() == wanted()["ident"]
    assert inn.hba_file.stat().st_uid == state.st_uid
    inn.cluster.login("kitchen_owner", PASSWORD, "kitchen").close()
    with pytest.raises(psycopg2.OperationalError, match="pg_hba.conf rejects connection"):
        inn.cluster.login("kitchen_owner", PASSWORD, "gallery")
    again = inn.run()
    assert (again["changed"], again["as_wanted"], again["differences"]) == (False, True, [])
    assert "scratch._ask" not in " ".join(inn.moments)
    assert inn.left() == []


def test_a_file_of_tomorrow_is_loaded_once(inn: Inn) -> None:
    inn.run()
    os.utime(inn.hba_file, (time.time() + 86400,) * 2)
    inn.run()
    assert inn.run()["as_wanted"]


def test_an_older_file_that_took_its_place_is_unread(inn: Inn) -> None:
    texts = wanted()
    inn.run()
    kept = inn.hba_file.with_name("kept")
    kept.write_bytes(inn.hba_file.read_bytes())
    kept.chmod(0o640)
    os.chown(kept, inn.hba_file.stat().st_uid, inn.hba_file.stat().st_gid)
    inn.cluster.access(["local all all trust", "host all all 127.0.0.1/32 trust"], texts["ident"].splitlines())
    os.utime(kept, (1_000_000_000, 1_000_000_000))
    time.sleep(0.02)  # the kernel's stamps are some milliseconds late
    kept.rename(inn.hba_file)
    found = inn.run(mode="report")
    assert [(one["severity"], one["kind"]) for one in found["differences"]] == [("critical", "unread")]
    inn.cluster.login("cook", PASSWORD, "postgres").close()
    assert inn.run()["changed"]
    with pytest.raises(psycopg2.OperationalError, match="pg_hba.conf rejects connection"):
        inn.cluster.login("cook", PASSWORD, "postgres")
    assert inn.run()["as_wanted"]


def test_a_reload_that_was_missed_is_made_up_for(inn: Inn) -> None:
    texts = wanted()
    inn.cluster.access(texts["hba"].splitlines(), texts["ident"].splitlines(), reload=False)
    found = inn.run(mode="report")
    assert [(one["severity"], one["kind"]) for one in found["differences"]] == [("critical", "unread")] * 2
    inn.cluster.login("cook", PASSWORD, "postgres").close()
    made = inn.run()
    assert (made["changed"], made["diff"]) == (True, [])
    with pytest.raises(psycopg2.OperationalError, match="pg_hba.conf rejects connection"):
        inn.cluster.login("cook", PASSWORD, "postgres")
    assert inn.run()["as_wanted"]


@pytest.mark.parametrize(("mode", "severity"), [(0o666, "critical"), (0o660, "critical"), (0o644, "low")])
def test_a_file_that_others_reach_is_closed(inn: Inn, mode: int, severity: str) -> None:
    inn.run()
    inn.hba_file.chmod(mode)
    told = inn.run(mode="report")
    # a changed mode looks like another file that was moved there: whether the server has read this one nobody can tell
    said = [(one["severity"], one["kind"]) for one in told["differences"]]
    assert sorted(said) == sorted([(severity, "open"), ("critical", "unread")])
    assert inn.run()["changed"]
    assert inn.hba_file.stat().st_mode & 0o777 == 0o640
    assert inn.run()["as_wanted"]


def test_check_mode_tells_and_writes_nothing(inn: Inn) -> None:
    before = inn.hba_file.read_bytes()
    told = inn.run(check=True)
    assert told["changed"]
    assert inn.hba_file.read_bytes() == before
    assert inn.run()["diff"] == told["diff"]


def test_a_broken_line_never_gets_there_and_is_told_with_its_origin(inn: Inn) -> None:
    before = inn.hba_file.read_bytes()
    text = wanted()["hba"].replace("cook", 'cook" x')
    refused = inn.run(hba=text)
    number = next(number for number, line in enumerate(text.splitlines(), 1) if 'cook" x' in line)
    assert refused["failed"]
    assert f"pg_hba.conf line {number}, «" in refused["msg"]
    assert "(service kitchen in good_neighbor_allocation: database kitchen)" in refused["msg"]
    assert inn.hba_file.read_bytes() == before


def test_what_would_lock_this_login_out_is_not_written(inn: Inn) -> None:
    before = inn.hba_file.read_bytes()
    text = wanted()["hba"].replace(OPERATOR, "local all nobody peer")
    refused = inn.run(hba=text)
    assert refused["failed"] and "would lock out this very login (role postgres" in refused["msg"]
    assert inn.hba_file.read_bytes() == before
    refused = inn.run(ident="")
    assert refused["failed"] and "would lock out this very login" in refused["msg"]


def test_what_locks_out_in_fact_is_taken_back(inn: Inn) -> None:
    before = inn.hba_file.read_bytes()
    refused = inn.run(hba=wanted()["hba"].replace(OPERATOR, "local all postgres scram-sha-256"), timeout=1)
    assert refused["failed"] and "The former lines are in force again" in refused["msg"], refused
    assert inn.hba_file.read_bytes() == before
    assert inn.left() == []
    inn.cluster.admin().close()
