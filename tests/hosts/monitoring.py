"""Prometheus and Alertmanager of a scenario, asked on their own host; and what goes wrong on a database host."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from hosts.backups import elsewhere
from hosts.matrix import sql, variables

TOWER = "tower"
PROMETHEUS, ALERTMANAGER = "http://127.0.0.1:9090", "http://127.0.0.1:9093"
FETCH = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=20).read().decode())"
SOON = 120  # seconds: an alert is there within two minutes of its condition, with the role's own defaults

Alert = tuple[str, str, str]  # name, server, service


def fetched(host: Any, url: str) -> Any:
    """What a page of the monitoring host says, as JSON."""
    return json.loads(elsewhere(host, TOWER).check_output("python3 -c %s %s", FETCH, url))


def query(host: Any, words: str) -> list[tuple[dict[str, str], float]]:
    """What Prometheus answers: labels and value of each series."""
    found = fetched(host, f"{PROMETHEUS}/api/v1/query?query={quote(words)}")
    return [(one["metric"], float(one["value"][1])) for one in found["data"]["result"]]


def firing(host: Any) -> set[Alert]:
    """What Alertmanager has been told and not told otherwise."""
    found = fetched(host, f"{ALERTMANAGER}/api/v2/alerts?active=true&silenced=false&inhibited=false")
    return {(one["labels"]["alertname"], one["labels"]["server"], one["labels"].get("service", "")) for one in found}


def waited(condition: Callable[[], Any], seconds: float = SOON, pause: float = 2) -> Any:
    """What a condition says as soon as it is something, or after these seconds."""
    end = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < end:
        time.sleep(pause)
    return found


def fires(host: Any, wanted: Iterable[Alert], seconds: float = SOON) -> None:
    """All of these alerts come within these seconds."""
    print(_told(host, set(wanted), seconds, lambda missing: not missing, "fires"))


def ends(host: Any, gone: Iterable[Alert], seconds: float = SOON) -> None:
    """All of these alerts end within these seconds."""
    wanted = set(gone)
    print(_told(host, wanted, seconds, lambda missing: missing == wanted, "ended"))


def _told(host: Any, wanted: set[Alert], seconds: float, done: Callable[[set[Alert]], bool], word: str) -> str:
    """When each of them came or went, for a person."""
    began, times = time.monotonic(), {}
    while True:
        now = firing(host)
        missing = wanted - now
        for alert in (wanted - missing if word == "fires" else missing):
            times.setdefault(alert, time.monotonic() - began)
        if done(missing):
            return "\n".join(f"{word} after {after:.0f} s: {' '.join(alert)}" for alert, after in sorted(times.items()))
        assert time.monotonic() - began < seconds, f"{word} in {seconds} s: {sorted(times)} of {sorted(wanted)}; now {now}"
        time.sleep(3)


def session(host: Any, unit: str, role: str, database: str, statement: str) -> None:
    """A session of a service, which lasts until `end_sessions` or as long as its statement takes."""
    password = variables()[f"vault_{role}"]
    host.check_output("systemd-run -q --collect --unit=%s -E PGPASSWORD=%s psql -X -q -h 127.0.0.1 -U %s -d %s -c %s",
                      f"test-{unit}", password, role, database, statement)


def end_sessions(host: Any, role: str) -> None:
    """Ends those of a role."""
    sql(host, f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = '{role}'")
