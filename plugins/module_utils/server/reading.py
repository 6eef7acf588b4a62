# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks at a host and writes nothing: how large it is, who listens where, what apt offers, where its addresses are."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from .clusters import Run
from .host import Network

MIB = 1024 * 1024
LISTEN = "0A"  # https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html


def memory(root: Path = Path("/")) -> int:
    """The memory of the host in MiB."""
    match = re.search(r"MemTotal:\s+(\d+) kB", (root / "proc/meminfo").read_text())
    return int(match[1]) // 1024 if match else 0


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0))


def disk(path: Path) -> tuple[int, int]:
    """Size and free space in MiB of the file system that holds `path`, or will once it is made."""
    while not path.exists():
        path = path.parent
    found = os.statvfs(path)
    return found.f_blocks * found.f_frsize // MIB, found.f_bavail * found.f_frsize // MIB


def networks(run: Run) -> list[Network]:
    """The addresses of the host that others can reach, each with its prefix."""
    routes = [route for family in ("-4", "-6") for route in _json(run, ["ip", family, "-json", "route", "show", "default"])]
    default = {route.get("dev") for route in routes}
    return [Network(f"{info['local']}/{info['prefixlen']}", link["ifname"] in default)
            for link in _json(run, ["ip", "-json", "address", "show", "up"])
            for info in link.get("addr_info", ()) if info.get("scope") == "global" and "local" in info]


def _json(run: Run, command: list[str]) -> list[dict[str, Any]]:
    status, out, _err = run(command)
    return cast("list[dict[str, Any]]", json.loads(out)) if status == 0 and out.strip() else []


def port_program(port: int, pid_file: Path, root: Path = Path("/")) -> str:
    """Who listens on the TCP port, as `name (pid 7)`; "" where nobody does, or the server with that pid file does."""
    inodes = _listening(port, root)
    if not inodes:
        return ""
    try:
        own = int(pid_file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        own = 0
    holders = sorted(_holders(inodes, root))
    if own in holders:
        return ""
    return f"{(root / 'proc' / str(holders[0]) / 'comm').read_text().strip()} (pid {holders[0]})" if holders else "a program"


def _listening(port: int, root: Path) -> set[str]:
    """The inodes of the sockets that listen on the port."""
    found: set[str] = set()
    for name in ("tcp", "tcp6"):
        path = root / "proc/net" / name
        for line in path.read_text().splitlines()[1:] if path.exists() else ():
            fields = line.split()
            if fields[3] == LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(fields[9])
    return found


def _holders(inodes: Iterable[str], root: Path) -> set[int]:
    """The processes that hold one of these sockets open."""
    wanted, found = {f"socket:[{inode}]" for inode in inodes}, set()
    for descriptor in (root / "proc").glob("[0-9]*/fd/*"):
        try:
            if os.readlink(descriptor) in wanted:
                found.add(int(descriptor.parts[-3]))
        except OSError:
            continue  # it ended, or closed it
    return found


def packages(names: Iterable[str], run: Run) -> tuple[list[str], dict[str, str]]:
    """Which of the packages are installed, and the versions of those that a source offers."""
    names = list(names)
    status, out, _err = run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n", *names])
    installed = [line.split()[1] for line in out.splitlines() if line.startswith("installed ")]
    offered: dict[str, str] = {}
    _status, out, _err = run(["env", "LC_ALL=C", "apt-cache", "policy", *names])
    name = ""
    for line in out.splitlines():
        if line and not line.startswith(" "):
            name = line.rstrip(":")
        match = re.match(r"\s+Candidate: (\S+)", line)
        if match and match[1] != "(none)":
            offered[name] = match[1]
    return installed, offered


def interrupted(run: Run, root: Path = Path("/")) -> bool:
    """Whether a run of dpkg was killed, so that apt refuses to go on: https://manpages.debian.org/dpkg#audit"""
    return any((root / "var/lib/dpkg/updates").glob("*")) or bool(run(["dpkg", "--audit"])[1].strip())


def sources(root: Path = Path("/")) -> bool:
    """Whether apt knows any source."""
    paths = [root / "etc/apt/sources.list", *(root / "etc/apt/sources.list.d").glob("*")]
    texts = (path.read_text(errors="replace") for path in paths if path.suffix in (".list", ".sources") and path.is_file())
    return any(re.search(r"^\s*(deb\s|Types:.*\bdeb\b)", text, re.MULTILINE) for text in texts)


def lists(root: Path = Path("/")) -> bool:
    """Whether apt has read the lists of its sources, at some time."""
    return any((root / "var/lib/apt/lists").glob("*Packages*"))


def umask(root: Path = Path("/")) -> bool:
    """Whether every session takes the umask of its account's entry. Debian 13 has it so, 12 not."""
    path = root / "etc/pam.d/common-session"
    return path.exists() and re.search(r"^session\s.*pam_umask", path.read_text(), re.MULTILINE) is not None


def distribution(root: Path = Path("/")) -> str:
    """The distribution as /etc/os-release names it."""
    match = re.search(r'^PRETTY_NAME="?([^"\n]*)', (root / "etc/os-release").read_text(), re.MULTILINE)
    return match[1] if match else ""
