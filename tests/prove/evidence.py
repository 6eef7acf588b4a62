"""All that a run leaves where a secret does not belong, and the search in it."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from live.postgres import ROOT
from live.proofs.house import House, ended

HERE = Path(__file__).parent
FOLDERS = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/var/log", str(ROOT / ".ansible" / "tmp"), str(ROOT / ".cache" / "log"))
Evidence = dict[str, list[str]]


def written(secret: str) -> set[str]:
    """The ways in which a secret may stand in a text."""
    return {
        secret,
        quote(secret, safe=""),
        quote(secret),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
        secret.replace("'", "''"),
        base64.b64encode(secret.encode()).decode(),
    }


def found(evidence: Evidence, secrets: Mapping[str, str]) -> set[tuple[str, str]]:
    """(where, which secret)."""
    return {
        (channel, name)
        for channel, texts in evidence.items()
        for name, secret in secrets.items()
        if any(way in text for way in written(secret) for text in texts)
    }


def verifiers(house: House, when: str) -> dict[str, str]:
    """What the server has stored instead of passwords, whole and in parts, by role, part and `when`."""
    stored = house.rows("SELECT rolname, rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL")
    return {
        f"{role} {number} {when}": part
        for role, verifier in stored
        for number, part in enumerate([verifier, *verifier.partition("$")[2].partition("$")[2].split(":")])
    }


class Collection:
    """The evidence of what happens within `collecting`: complete once it has ended."""

    def __init__(self, house: House, folder: Path, spy: subprocess.Popen[str]) -> None:
        self.house, self.spy, self.evidence = house, spy, Evidence()
        self.syslog, self.started = folder / "syslog", folder / "started"

    @property
    def environment(self) -> dict[str, str]:
        """Gives away what is sent to the system log, and every process that is started, however short it lives."""
        return {"PYTHONPATH": str(HERE / "spies"), "GN_SYSLOG": str(self.syslog), "GN_STARTED": str(self.started)}

    def look(self) -> None:
        """Returns once all that is there now has been looked at."""
        assert self.spy.stdin is not None and self.spy.stdout is not None
        self.spy.stdin.write("look\n")
        self.spy.stdin.flush()
        assert self.spy.stdout.readline() == "looked\n"


@contextmanager
def collecting(house: House) -> Iterator[Collection]:
    """Collects what others may see, what goes to the system log, and what the server logs."""
    folder = Path(tempfile.mkdtemp())  # nobody else may enter
    read, journal = len(house.log), _system_logs()
    spy = subprocess.Popen(
        [sys.executable, HERE / "spy.py", *FOLDERS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert spy.stdout is not None
    found = Collection(house, folder, spy)
    try:
        assert spy.stdout.readline() == "watching\n"
        yield found
    finally:
        out, _errors = ended(spy)
    found.evidence |= json.loads(out)
    found.evidence["server log"] = [house.log[read:]]
    found.evidence["to the system log"] = [found.syslog.read_text() if found.syslog.exists() else ""]
    found.evidence["started"] = [found.started.read_text() if found.started.exists() else ""]
    found.evidence["system logs"] = [text[len(journal.get(name, "")) :] for name, text in _system_logs().items()]
    shutil.rmtree(folder)


def _system_logs() -> dict[str, str]:
    """What this machine's own logs say, where it has any."""
    texts = {
        str(path): path.read_text(errors="replace")
        for name in ("syslog", "messages", "auth.log", "user.log")
        if (path := Path("/var/log", name)).is_file()
    }
    if shutil.which("journalctl"):
        command = ["journalctl", "--quiet", "--no-pager", "--since", "-1h"]
        texts["journal"] = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return texts
