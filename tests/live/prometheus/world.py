"""A database server on which all is well, as the exporters of a Debian release tell of it: with the role's own arguments."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup import drill_record, metrics
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog.session import Server as Sessions
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.parse import parse
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.monitoring import compliance, expose, role_plan, watch
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.report import textfile
from live.embedded import Server

ROOT = Path(__file__).resolve().parents[3]
SUITES = ("bookworm", "trixie")
NAME, ROLE = "db.example", "gn_monitor"
SERVERS: dict[str, Any] = {NAME: {
    "mode": "enforce", "max_connections": 100, "maintenance_connections": 20, "extensions": ["pg_stat_statements"],
    "system_roles": [{"role": ROLE, "use": "monitoring", "connection_limit": 6, "client_addresses": ["local"]}],
}}
ROWS: list[dict[str, Any]] = [
    {"service": name, "server": NAME, "database": f"{name}_db", "owner": f"{name}_user", "purpose": "a test",
     "status": "active", "connection_limit": 5, "backup": "critical", "latency_target_ms": 50, "tables": ["t"]}
    for name in ("shop", "library")
]
MATRIX = parse(SERVERS, ROWS, secrets_withheld=True)
VIOLATION = {"rule": "schema-table", "severity": "low", "service": "shop", "state": "excepted"}


def programs(suite: str) -> Path:
    """The folder with Prometheus and the exporters of a Debian release."""
    done = subprocess.run([ROOT / "tools" / "exporters", suite], check=True, capture_output=True, text=True)
    return Path(done.stdout.strip())


def furnish(server: Server) -> None:
    """Makes the services' databases, and the role that monitors."""
    server.rows("CREATE EXTENSION pg_stat_statements")
    server.rows(f"CREATE ROLE {ROLE} LOGIN CONNECTION LIMIT 6 IN ROLE pg_monitor")
    for row in MATRIX.rows:
        server.rows(f"CREATE ROLE {row.owner}")
        server.rows(f"CREATE DATABASE {row.database} OWNER {row.owner}")
        server.rows("CREATE TABLE t AS SELECT generate_series(1, 100) AS a", row.database)


def own(server: Server) -> str:
    """The collection's own metrics: those of the watch are read, those of checks, backups and drills are good ones."""
    now = time.time()
    read = watch.read(Sessions({"host": server.host, "user": ROLE}, "postgres"), MATRIX, NAME)
    found = expose.text(read, watch.HELPS)
    judged = compliance.samples(NAME, {"compliant": True, "violations": [VIOLATION]}, now, ["role-password"])
    found += expose.text(judged, compliance.HELPS)
    for row in MATRIX.rows:
        labels = f'server="{NAME}",service="{row.service}",database="{row.database}",priority="critical"'
        for name in told_of_backups():
            value = now if name.endswith("timestamp_seconds") else int(not name.endswith("future"))
            found += f"{name}{{{labels}}} {value}\n"
    return found


def told_of_backups() -> set[str]:
    """What backups and drills tell."""
    return {f"{module.PREFIX}{name}" for module in (metrics, drill_record) for name in module._HELP}


def names_of_ours() -> set[str]:
    """Every metric that the collection itself can tell."""
    return {*watch.HELPS, *compliance.HELPS, *told_of_backups()}


@dataclass(frozen=True)
class Exporters:
    """Two that run: where they are asked."""

    postgres_port: int
    node_port: int

    def delivered(self) -> dict[str, set[str]]:
        """All metrics that they tell, with their labels."""
        found: dict[str, set[str]] = {}
        for port in (self.postgres_port, self.node_port):
            for row in textfile.samples(get(port, "/metrics")):
                found.setdefault(row["name"], set()).update(row["labels"])
        return found


@contextmanager
def exporters(server: Server, suite: str, folder: Path) -> Iterator[Exporters]:
    """Those of a Debian release run, with the arguments that the role gives them."""
    (folder / "textfiles").mkdir()
    (folder / "textfiles" / "own.prom").write_text(own(server))
    template = jinja2.Template((ROOT / "roles" / "monitoring" / "templates" / "exporter.yml.j2").read_text())
    (folder / "exporter.yml").write_text(template.render(ansible_managed="a test"))
    found = Exporters(free_port(), free_port())
    wishes = role_plan.Wishes(True, True, "127.0.0.1", found.postgres_port, found.node_port, True,
                              ("cpu", "filesystem", "meminfo"), 30, str(folder / "textfiles"), server.host)
    plan = role_plan.plan(SERVERS, ROWS, NAME, wishes)
    if plan["problems"]:
        raise RuntimeError(plan["problems"])
    words = [word.replace(role_plan.QUERIES, str(folder / "exporter.yml")) for word in plan["postgres_arguments"]]
    postgres, node = (programs(suite) / f"prometheus-{kind}-exporter" for kind in ("postgres", "node"))
    with ExitStack() as stack:
        stack.enter_context(running(folder / "postgres.log", postgres, *words, DATA_SOURCE_NAME=plan["source"]))
        stack.enter_context(running(folder / "node.log", node, *plan["node_arguments"]))
        yield found


def with_its_files(suite: str) -> list[str]:
    """The beginning of a command that sees the release's files in /usr/share, where Alertmanager looks for its templates."""
    more = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    share = programs(suite).parent / "share"
    mount = f'mount -t overlay share -o "lowerdir={share}:/usr/share" /usr/share && exec "$@"'
    return ["unshare", "--mount", *more, "sh", "-c", mount, "sh"]


@contextmanager
def running(log: Path, *words: str | Path, **environment: str) -> Iterator[None]:
    """A program at work; it has ended afterwards."""
    with log.open("w") as output:
        process = subprocess.Popen(words, stdout=output, stderr=output, env={**os.environ, **environment})
        try:
            yield
        finally:
            process.kill()
            process.wait()


def get(port: int, path: str, seconds: float = 20) -> str:
    """What is told there, as soon as somebody answers."""
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=seconds) as answer:
                text: str = answer.read().decode()
                return text
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def dashboard_queries() -> set[str]:
    """All that the dashboards ask for, with Grafana's variables filled in."""
    chosen = {"$__rate_interval": "10s", "$server": NAME, "$service": "shop", "$database": "shop_db"}
    found = set()
    for path in (ROOT / "roles" / "monitoring" / "files" / "dashboards").glob("*.json"):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel.get("targets", []):
                text = target["expr"]
                for variable, value in chosen.items():
                    text = text.replace(variable, value)
                found.add(text)
    return found


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def targets(one: Exporters) -> Mapping[str, Any]:
    """The variables of the host, as the inventory would have them."""
    return {"monitoring_enabled": True, "monitoring_address": "127.0.0.1", "monitoring_postgres_port": one.postgres_port,
            "monitoring_node_port": one.node_port, "backups_recipients": ["age1"]}
