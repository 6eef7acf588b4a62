"""One database is restored beside the live one and in its place; other services work on, and the audit is content."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hosts.backups import PLANTED, names, plant, run_unit, said
from hosts.matrix import sql
from hosts.playbooks import Run, play
from hosts.restores import KEY, at_work, comes_in, databases, exceptions, in_place, restore

testinfra_hosts = ["ansible://thirteen"]

COUNT = "SELECT count(*) FROM planted"


@pytest.fixture(scope="session")
def runs() -> dict[str, Run]:
    """What the restores said."""
    return {}


def test_check_mode_tells_and_changes_nothing(host: Any) -> None:
    for database in ("bbworlds_nexus", "voice_ninja"):
        plant(host, database, 200)
    assert run_unit(host), said(host)
    plant(host, "bbworlds_nexus", 300)
    before = databases(host), sql(host, "SELECT rolname FROM pg_roles")
    told = in_place("nexus", "--check", "--diff")
    assert told.status == 0 and "would be restored" in told.text and "+bbworlds_nexus_before_" in told.text, told.text
    assert (databases(host), sql(host, "SELECT rolname FROM pg_roles")) == before


def test_beside(host: Any, runs: dict[str, Run]) -> None:
    with at_work(host, "nexus_user"), at_work(host, "voice_ninja_user"):
        run = runs["beside"] = restore("nexus")
    assert run.status == 0, run.text
    copy = next(name for name in databases(host) if name.startswith("bbworlds_nexus_restored_"))
    assert (sql(host, COUNT, copy), sql(host, COUNT, "bbworlds_nexus")) == ("200", "300")
    again = restore("nexus")
    assert again.status == 0 and "nothing to do" in again.text and set(again.changed.values()) == {0}


def test_in_place(host: Any, runs: dict[str, Run]) -> None:
    with at_work(host, "voice_ninja_user"), at_work(host, "world_user"):
        run = runs["in place"] = in_place("nexus")
    assert run.status == 0, run.text
    assert sql(host, COUNT, "bbworlds_nexus") == "200" and comes_in(host, "nexus_user")
    kept = next(name for name in databases(host) if name.startswith("bbworlds_nexus_before_"))
    assert sql(host, f"SELECT datallowconn FROM pg_database WHERE datname = '{kept}'") == "f"
    again = in_place("nexus")
    assert again.status == 0 and "nothing to do" in again.text and set(again.changed.values()) == {0}, again.text


def test_from_offsite_alone(host: Any, runs: dict[str, Run]) -> None:
    folder = "/var/backups/good_neighbor/voice-ninja.com/bob_gpt"
    host.check_output(f"mv {folder} /root/away")
    try:
        refused = in_place("bob_gpt")
        assert refused.status != 0 and "there is no backup" in refused.text
        with at_work(host, "nexus_user"):
            run = runs["offsite"] = in_place("bob_gpt", **{"from": "offsite"})
        assert run.status == 0, run.text
    finally:
        host.check_output(f"mv /root/away {folder}")
    assert sql(host, COUNT, "voice_ninja") == "200" and comes_in(host, "voice_ninja_user")
    assert comes_in(host, "voice_ninja_analytics")  # what the matrix gives to readers is there again


def test_a_wrong_word_is_refused(host: Any) -> None:
    before = databases(host)
    for words, said_ in (({"place": "in_place"}, "say so twice"), ({"at": "20200101T000000Z"}, "there is no backup"),
                         ({"key_file": "/etc/hostname"}, "holds no private age key")):
        run = restore("nexus", **words)
        assert run.status != 0 and said_ in run.text, run.text
    assert restore("nexsu").status != 0 and databases(host) == before


def test_no_secret_is_left(host: Any, runs: dict[str, Run]) -> None:
    secret = next(line for line in Path(KEY).read_text().splitlines() if line.startswith("AGE-SECRET-KEY-"))
    loud = runs["loud"] = restore("bbworlds_api", "-vvvv")
    assert loud.status == 0 and secret not in "".join(run.text for run in runs.values())
    assert secret not in host.check_output("journalctl --no-pager")
    assert host.run(f"grep -rlaF {secret} /var /tmp /root /etc /run /home --exclude-dir=proc").stdout == ""
    assert PLANTED not in loud.text
    assert "good_neighbor_restore" not in sql(host, "SELECT rolname FROM pg_roles")
    assert host.run("grep -r 'a restore is at work' /etc/postgresql").stdout == ""


def test_the_audit_accepts_what_the_printed_lines_say(host: Any, runs: dict[str, Run]) -> None:
    assert play("audit").status != 0 and len(databases(host)) == 3 + len(runs)
    told = play("audit", "-e", exceptions(*runs.values()))
    assert told.status == 0, told.text


def test_backups_go_on(host: Any) -> None:
    assert run_unit(host), said(host)
    assert not [name for name in names(host, "nexus") if "partial" in name]


def test_a_copy_that_nobody_needs_any_more_is_removed_by_hand(host: Any) -> None:
    for name in databases(host):
        if "_before_" in name or "_restored_" in name:
            sql(host, f'DROP DATABASE "{name}"')
    told = play("audit")
    assert told.status == 0, told.text
