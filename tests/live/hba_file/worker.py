"""A process that runs the module hba_file as Ansible does, as the server's account: a root that starts it is root no more.

Reads a line of JSON: `arguments`, `account` (a number, or null for whoever starts it), `kill_at` (kill -9 of itself at that
moment, or null: a name, and how many of that name come before), `limit` (bytes that a file may grow to, or null). A moment
is the start or the end of a function of the package. Prints them after the module's result.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from types import FrameType
from typing import Any

import ansible.module_utils.common.process
import ansible.module_utils.common.respawn
import psycopg2.errorcodes
from ansible.module_utils.testing import patch_module_args
from ansible_collections.bbworlds.good_neighbor.plugins.modules import hba_file

WHERE = ("hba_file/change.py", "hba_file/scratch.py", "hba_file/run.py", "hba_file/live.py")
assert ansible.module_utils.common and psycopg2.errorcodes  # what root alone may be able to import


class Moments:
    """Counts the moments of a run, and ends it at one of them."""

    def __init__(self, kill_at: list[Any] | None) -> None:
        self.kill_at = kill_at
        self.seen: list[str] = []

    def __call__(self, frame: FrameType, event: str, _argument: Any) -> None:
        if event in ("call", "return") and frame.f_code.co_filename.endswith(WHERE):
            name = f"{event} of {frame.f_code.co_qualname}"
            if self.kill_at == [name, self.seen.count(name)]:
                os.kill(os.getpid(), signal.SIGKILL)
            self.seen.append(name)


def main() -> None:
    """Becomes the account, and runs."""
    given = json.loads(sys.stdin.readline())
    if given["account"] is not None:
        os.setgroups([])
        os.setgid(given["account"])
        os.setuid(given["account"])
    if given["limit"] is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (given["limit"], given["limit"]))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    moments = Moments(given["kill_at"])
    os.chdir("/")
    with patch_module_args(given["arguments"]):
        sys.setprofile(moments)
        try:
            hba_file.main()
        finally:
            sys.setprofile(None)
            print(json.dumps({"moments": moments.seen}))


main()
