"""External servers are asked whether they answer: only when told to, once, and for nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml
from ansible_collections.bbworlds.good_neighbor.plugins.action.external_info import ask, external, report

from ..matrix.test_plays import PLAYBOOKS, play


@contextmanager
def api(status: int) -> Iterator[tuple[str, list[str]]]:
    """A server of this machine that answers everything alike: its address, and all that it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            asked.append(f"{self.command} {self.path} {self.headers.get('Authorization')}")
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        do_HEAD = do_GET = do_POST = answer

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("status", [200, 204, 302, 401, 404, 503])
def test_whatever_comes_back_is_an_answer(status: int) -> None:
    with api(status) as (url, asked):
        found = ask("far.example", f"{url}/api", 5)
    assert (found["answers"], found["status"], found["why"]) == (True, status, "")
    assert asked == ["HEAD /api None"], "one request, no redirection followed"


def test_who_does_not_answer_is_told() -> None:
    with api(200) as (url, _asked):
        pass
    found = ask("far.example", url, 5)
    assert (found["answers"], found["status"]) == (False, None)
    assert "refused" in found["why"]
    assert f"far.example      {url}  no: {found['why']}" in report([found])
    assert ask("far.example", "no address", 5)["answers"] is False


def test_only_what_is_external_and_has_an_address_is_asked() -> None:
    far = {"managed": False, "api_url": "https://far.example"}
    assert external({"ours": {"mode": "audit"}, "far": far, "mute": {"managed": False}}) == {"far": "https://far.example"}
    assert external(None) == external({"broken": None}) == {}
    assert "No server of the matrix" in report([])


def test_health_asks_only_when_told_to(tmp_path: Path) -> None:
    with api(200) as (url, asked):
        servers = {"far.example": {"managed": False, "api_url": url}}
        (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"all": {"vars": {"good_neighbor_servers": servers}}}))
        for options in ((), ("-e", "good_neighbor_ask_external=false")):
            run = play(tmp_path, PLAYBOOKS / "health.yml", "-i", "hosts.yml", *options)
            assert run.returncode == 0, run.stdout + run.stderr
            assert asked == []
        told = play(tmp_path, PLAYBOOKS / "health.yml", "-i", "hosts.yml", "-e", "good_neighbor_ask_external=true")
        assert "yes, with 200" in told.stdout, told.stdout + told.stderr
        assert "changed=0" in told.stdout
        assert asked == ["HEAD / None"]
