"""The plug is pulled in the middle of `site`, at another moment on each host: after the next run all is as it should be."""

from __future__ import annotations

import re
import subprocess
import time
from dataclasses import dataclass
from typing import Any

import pytest
from hosts.doors import knock
from hosts.matrix import logins, sql
from hosts.playbooks import LIMIT, ROOT, Run, command, play
from hosts.power import off, on

testinfra_hosts = ["ansible://good_neighbor"]

# the task in which each host loses its power, and how far into it, in seconds
MOMENTS = {
    "thirteen": ("The cluster is made", 1.5),
    "fourteen": ("The server runs, and is started with the host", 0.5),
    "eleven": ("Whoever the matrix lets in may knock, and nobody else", 0.5),
    "twelve": ("The server is as the matrix says", 1.5),
}


@dataclass(frozen=True)
class Cut:
    """How the run ended in which the hosts lost their power, what it told, and who never came so far."""

    status: int
    text: str
    spared: set[str]


def cut_power() -> Cut:
    """Run `site`, and pull each host's plug in its moment."""
    waiting, told = dict(MOMENTS), []
    with subprocess.Popen(
        command("site"), cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as run:
        for line in run.stdout or ():
            told.append(line)
            for name, (task, seconds) in tuple(waiting.items()):
                if re.match(rf"TASK \[(.* : )?{re.escape(task)}\]", line):
                    time.sleep(seconds)
                    off(name)
                    del waiting[name]
        return Cut(run.wait(LIMIT), "".join(told), set(waiting))


@pytest.fixture(scope="session")
def cut() -> Cut:
    """The run without power."""
    return cut_power()


@pytest.fixture(scope="session")
def site(cut: Cut) -> Run:
    """The run after the hosts were started again."""
    assert not cut.spared
    for name in MOMENTS:
        on(name)
    return play("site")


@pytest.fixture(scope="session")
def again(site: Run) -> Run:
    """One more."""
    return play("site")


def test_the_power_fails_on_every_host(cut: Cut) -> None:
    assert cut.status != 0 and cut.spared == set(), cut.text
    assert len(re.findall(r"unreachable=1 ", cut.text)) == len(MOMENTS), cut.text


def test_the_next_run_comes_to_its_end(site: Run) -> None:
    assert site.status == 0, site.text
    assert set(site.changed) >= set(MOMENTS)


def test_and_leaves_nothing_to_do(again: Run) -> None:
    assert again.status == 0 and set(again.changed.values()) == {0}, again.text


@pytest.mark.usefixtures("site")
def test_the_server_is_whole(host: Any) -> None:
    assert sql(host, "SHOW data_checksums") == "on"
    assert sql(host, "SELECT name FROM pg_file_settings WHERE error IS NOT NULL") == ""
    assert sql(host, "SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY datname").split() == [
        "bbworlds_nexus", "bbworlds_world", "postgres", "voice_ninja"]
    with host.sudo("postgres"):
        host.check_output("pg_dumpall >/dev/null")


@pytest.mark.usefixtures("site")
def test_every_service_gets_in(host: Any) -> None:
    attempts = [
        {"host": "localhost", "dbname": login.database, "user": login.role, "password": login.password} for login in logins()
    ]
    assert [found.get("role", found) for found in knock(host, attempts)] == [login.role for login in logins()]
