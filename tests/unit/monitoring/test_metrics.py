"""The collection's own metrics: what they say, and that every alert's page is fresh."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.monitoring import certificate, compliance, expose, watch
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.monitoring.alert import plain, where
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.report import textfile
from unit.report.worlds import SERVER, matrix, violation

ROOT = Path(__file__).resolve().parents[3]
STATE = {"now": 1000.5, "started": 10.0, "age": 3, "failures": 0, "pending": 1}


def session(role: str, connections: int, **seconds: float) -> dict[str, object]:
    """Sessions of one role."""
    return {"role": role, "connections": connections, "blocked": None, "idle": None, "running": None, **seconds}


def values(samples: list[expose.Sample], service: str) -> dict[str, float]:
    """The values of one service, by metric and role."""
    found = {}
    for sample in samples:
        labels = dict(sample.labels)
        if labels.get("service") == service:
            found[f"{sample.name.removeprefix('good_neighbor_')} {labels.get('role', '')}".strip()] = sample.value
    return found


def test_the_page_of_alerts_is_fresh() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "alerts-page", "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_sessions_count_for_their_service_alone() -> None:
    sessions = [
        session("voice_ninja_user", 4, blocked=31.0, running=31.0),
        session("voice_ninja_analytics", 1, idle=400.0),
        session("postgres", 9, blocked=999.0),
        session("nexus_user", 2),
    ]
    found = watch.samples(matrix(), SERVER, STATE, sessions, [], None)
    assert values(found, "bob_gpt") == {
        "connections voice_ninja_user": 4,
        "connections voice_ninja_analytics": 1,
        "blocked_seconds": 31.0,
        "idle_in_transaction_seconds": 400.0,
        "statement_seconds": 31.0,
    }
    assert values(found, "nexus")["blocked_seconds"] == 0.0
    assert values(found, "bbworlds_api") == {}  # planned


def test_statements_are_counted_where_something_counts_them() -> None:
    statements = [
        {"database": "voice_ninja", "role": "voice_ninja_user", "calls": 10.0, "seconds": 1.5, "slow": 2.0},
        {"database": "voice_ninja", "role": "voice_ninja_analytics", "calls": 1.0, "seconds": 0.5, "slow": 0.0},
        {"database": "postgres", "role": "voice_ninja_user", "calls": 99.0, "seconds": 99.0, "slow": 99.0},
    ]
    found = values(watch.samples(matrix(), SERVER, STATE, [], [], statements), "bob_gpt")
    assert [found[name] for name in ("statements_calls", "statements_seconds", "slow_calls")] == [11.0, 2.0, 2.0]


def test_violations_are_counted_by_what_they_are() -> None:
    rows = [
        violation("limit-role", "high", "a", service="nexus"),
        violation("limit-role", "high", "b", service="nexus"),
        violation("role-unallocated", "high", "c", state="excepted"),
    ]
    text = expose.text(compliance.samples("db1", {"violations": rows, "compliant": False}, 1000.0), compliance.HELPS)
    assert [line for line in text.splitlines() if not line.startswith("#")] == [
        'good_neighbor_compliant{server="db1"} 0',
        'good_neighbor_violations{server="db1",rule="limit-role",severity="high",service="nexus",state="open"} 2',
        'good_neighbor_violations{server="db1",rule="role-unallocated",severity="high",service="",state="excepted"} 1',
        'good_neighbor_check_timestamp_seconds{server="db1"} 1000',
    ]


def test_what_is_written_is_read_again() -> None:
    label = 'a"b\\c\nd'
    text = expose.text([expose.Sample("m", (("name", label),), 1.5)], {"m": "A metric."})
    assert text.startswith("# HELP m A metric.\n# TYPE m gauge\n")
    assert list(textfile.samples(text)) == [{"name": "m", "labels": {"name": label}, "value": 1.5}]


def test_names_stay_strings_of_a_query() -> None:
    assert where(datname='a"} or vector(1) #\\') == '{datname="a\\"} or vector(1) #\\\\"}'
    assert plain("{{ 7 }}") == '{{"{{"}} 7 }}'


def stdout(*command: str | Path) -> str:
    """What a program prints."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("days", [1, 400, 20_000])
def test_when_a_certificate_ends(days: int, tmp_path: Path) -> None:
    path = tmp_path / "server.pem"
    made = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "key", "-out", path)
    stdout(*made, "-days", str(days), "-subj", "/CN=db")
    told = stdout("openssl", "x509", "-in", path, "-noout", "-enddate").partition("=")[2].strip()
    assert certificate.end(str(path)) == float(stdout("date", "-d", told, "+%s"))


def test_what_is_no_certificate_has_no_end(tmp_path: Path) -> None:
    (tmp_path / "none").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert certificate.end(str(tmp_path / "none")) is None
    assert certificate.end(str(tmp_path / "missing")) is None
    assert certificate.end_of("nothing") is None
