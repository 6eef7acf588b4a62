"""Backups on the hosts of a scenario: how they are made, where they lie, and what the metrics say."""

from __future__ import annotations

from typing import Any

from hosts.matrix import sql
from hosts.playbooks import inventory

ROOT = "/var/backups/good_neighbor/voice-ninja.com"
OFFSITE = "/srv/good_neighbor/data/voice-ninja.com"
METRICS = "/var/lib/prometheus/node-exporter/good_neighbor_backup.prom"
UNIT = "good-neighbor-backup.service"
PLANTED = "a-plain-word-that-nobody-may-read"


def elsewhere(host: Any, name: str) -> Any:
    """Another host of the same inventory."""
    return host.get_host(f"ansible://{name}?ansible_inventory={inventory()}")


def run_unit(host: Any) -> bool:
    """One run as the timer starts it; whether it ended well."""
    host.run("systemctl reset-failed %s", UNIT)
    done = host.run("systemctl start %s", UNIT)
    failed = host.run("systemctl is-failed %s", UNIT).rc == 0
    assert failed == (done.rc != 0), "a run that failed is a failed unit"
    return not failed


def said(host: Any) -> str:
    """What the last run said."""
    text: str = host.check_output(
        "journalctl --no-pager -o cat _SYSTEMD_INVOCATION_ID=$(systemctl show -P InvocationID %s)", UNIT)
    return text


def metric(host: Any, name: str, service: str) -> float:
    """A value of the metrics, as the exporter's account reads them."""
    text = host.check_output("setpriv --reuid=nobody --clear-groups cat %s", METRICS)
    rows = [line for line in text.splitlines() if line.startswith(f"good_neighbor_backup_{name}{{")]
    return float(next(line for line in rows if f'service="{service}"' in line).rsplit(" ", 1)[1])


def names(host: Any, service: str, root: str = ROOT) -> list[str]:
    """The backups of a service, complete or not."""
    return sorted(host.check_output("ls -A %s/%s 2>/dev/null || true", root, service).split())


def sums(host: Any, root: str = ROOT) -> str:
    """Checksums of all files below a folder."""
    text: str = host.check_output("cd %s && find . -type f -name '*.age' -exec sha256sum {} + | sort", root)
    return text


def plant(host: Any, database: str, rows: int = 200) -> None:
    """A table of the planted word, which compresses badly, as the owner of the database would make it."""
    owner = sql(host, f"SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = '{database}'")
    sql(host, f"SET ROLE {owner}; CREATE TABLE IF NOT EXISTS planted (word text, noise text); TRUNCATE planted; "
              f"INSERT INTO planted SELECT '{PLANTED}', string_agg(md5(random()::text), '') "
              f"FROM generate_series(1, {rows}) n, generate_series(1, 300) GROUP BY n", database)
