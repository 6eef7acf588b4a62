"""A real Alertmanager with the role's configuration: who is told what, and what follows from a known cause is held back."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.monitoring import notices

from .world import SUITES, free_port, get, programs, running, with_its_files

ALERTS = [
    {"alertname": "ServerDown", "severity": "critical", "server": "one"},
    {"alertname": "WatchSilent", "severity": "high", "server": "one"},
    {"alertname": "WatchSilent", "severity": "high", "server": "two"},
    {"alertname": "LimitReached", "severity": "high", "server": "one", "service": "shop", "role": "shop_user"},
]


class Inbox(ThreadingHTTPServer):
    """Receivers that keep what they are told: a path for each."""

    told: list[tuple[str, str, str]]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Letter)
        self.told = []


class Letter(BaseHTTPRequestHandler):
    """One message."""

    def do_POST(self) -> None:
        """Keeps who was told of which alert of which server."""
        content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert isinstance(self.server, Inbox)
        self.server.told += [(self.path, one["labels"]["alertname"], one["labels"]["server"]) for one in content["alerts"]]
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    """Receivers at work."""
    with Inbox() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def configured(folder: Path, port: int) -> Path:
    """The role's file, but that nobody waits."""
    receivers = [
        {"name": name, "webhook_configs": [{"url": f"http://127.0.0.1:{port}/{name}"}]} for name in ("team", "pager")
    ]
    routes = [{"matchers": ['severity="critical"'], "receiver": "pager", "continue": True}, {"receiver": "team"}]
    found = notices.configuration(receivers, routes)
    found["route"]["group_wait"] = "1s"
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(found))
    return folder / "alertmanager.yml"


def posted(port: int) -> None:
    """Alertmanager is told of the alerts, all at once."""
    body = json.dumps([{"labels": labels, "annotations": {"meaning": "a test"}} for labels in ALERTS]).encode()
    get(port, "/-/ready")
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v2/alerts", body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=20).close()


@pytest.mark.parametrize("suite", SUITES)
def test_who_is_told_what(suite: str, inbox: Inbox, tmp_path: Path) -> None:
    port = free_port()
    words = [f"--config.file={configured(tmp_path, inbox.server_port)}", f"--storage.path={tmp_path / 'data'}",
             f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="]
    with running(tmp_path / "log", *with_its_files(suite), programs(suite) / "prometheus-alertmanager", *words):
        posted(port)
        end = time.monotonic() + 30
        while len(inbox.told) < 4 and time.monotonic() < end:
            time.sleep(0.1)
        states = {(one["labels"]["alertname"], one["labels"]["server"]): one["status"]["state"]
                  for one in json.loads(get(port, "/api/v2/alerts"))}
    assert states == {("ServerDown", "one"): "active", ("LimitReached", "one"): "active", ("WatchSilent", "two"): "active",
                      ("WatchSilent", "one"): "suppressed"}
    assert sorted(inbox.told) == [("/pager", "ServerDown", "one"), ("/team", "LimitReached", "one"),
                                  ("/team", "ServerDown", "one"), ("/team", "WatchSilent", "two")]
