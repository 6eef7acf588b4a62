"""Knock at a server's doors from one of the hosts."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CHUNK = 120  # attempts in one command line


def _run(host: Any, script: str, told: Any, account: str) -> Any:
    """Run a script of this folder on the host; what it is told and what it answers is JSON."""
    texts = (json.dumps(told), (HERE / script).read_text())
    data, program = (base64.b64encode(text.encode()).decode() for text in texts)
    with host.sudo(account):
        done = host.run(f"cd /; echo {data} | base64 -d | python3 -c \"$(echo {program} | base64 -d)\"")
    assert done.rc == 0, done.stderr
    return json.loads(done.stdout)


def knock(host: Any, attempts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Try each on the host, as an account without rights; its answers in the same order."""
    parts = [attempts[start:start + CHUNK] for start in range(0, len(attempts), CHUNK)]
    return [answer for part in parts for answer in _run(host, "attempts.py", part, "nobody")]


def crowd(
    host: Any, who: dict[str, Any], number: int, others: list[dict[str, Any]]
) -> tuple[int, dict[str, Any], list[dict[str, Any]]]:
    """Take `number` connections as `who`; how many there are then, how one more ends, and how `others` fare."""
    found = _run(host, "crowd.py", {"who": who, "number": number, "others": others}, "postgres")
    return found["taken"], found["next"], found["others"]
