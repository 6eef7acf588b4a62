"""The plug is pulled in the middle of `site`, twice on each host, each time at another moment: after the next run all is
as it should be."""

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

# for each of two runs, the task in which a host loses its power, and how far into it, in seconds
MOMENTS = (
    {"thirteen": ("The cluster is made", 1.5), "twelve": ("The server runs, and is started with the host", 0.5)},
    {"thirteen": ("Whoever the matrix lets in may knock, and nobody else", 0.5),
     "twelve": ("The server is as the matrix says", 1.5)},
)
HOSTS = frozenset(MOMENTS[0])


@dataclass(frozen=True)
class Cut:
    """How the run ended in which the hosts lost their power, what it told, and who never came so far."""

    status: int
    text: str
    spared: frozenset[str]


def cut_power(moments: dict[str, tuple[str, float]]) -> Cut:
    """Run `site`, pull each host's plug in its moment, and start the hosts again."""
    waiting, told = dict(moments), []
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
        found = Cut(run.wait(LIMIT), "".join(told), frozenset(waiting))
    for name in HOSTS - found.spared:
        on(name)
    return found


@pytest.fixture(scope="session")
def cuts() -> list[Cut]:
    """The runs without power."""
    return [cut_power(moments) for moments in MOMENTS]


@pytest.fixture(scope="session")
def site(cuts: list[Cut]) -> Run:
    """The run after the hosts were started again."""
    assert not any(cut.spared for cut in cuts)
    return play("site")


@pytest.fixture(scope="session")
def again(site: Run) -> Run:
    """One more."""
    return play("site")


def test_the_power_fails_on_every_host(cuts: list[Cut]) -> None:
    assert len(cuts) == len(MOMENTS)
    for cut in cuts:
        assert cut.status != 0 and not cut.spared, cut.text
        assert len(re.findall(r"unreachable=1 ", cut.text)) == len(HOSTS), cut.text


def test_the_next_run_comes_to_its_end(site: Run) -> None:
    assert site.status == 0, site.text
    assert set(site.changed) >= HOSTS


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
