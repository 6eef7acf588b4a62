"""NEXUS's settings file with all that a row can say of one."""

from __future__ import annotations

import grp
import json
import os
import pwd
import stat
from pathlib import Path

from live.proofs.house import House

ACCOUNT, GROUP = (("nobody", "nogroup") if os.geteuid() == 0 else
                  (pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name))
MODE = "0400"


def state(path: Path) -> tuple[str, str, str]:
    """Owner, group and mode."""
    found = path.stat()
    return pwd.getpwuid(found.st_uid).pw_name, grp.getgrgid(found.st_gid).gr_name, f"{stat.S_IMODE(found.st_mode):04o}"


def declared(house: House, path: Path, marker: Path) -> tuple[str, str]:
    """NEXUS's settings file with all that a row can say of one, as an argument of ansible-playbook."""
    reload = marker.with_name("reload")
    reload.write_text(f"#!/bin/sh\necho read again >> '{marker}'\n")
    reload.chmod(0o755)
    overrides = house.overrides()
    overrides["nexus"]["env_files"] = [{"path": str(path), "format": "dotenv", "owner": ACCOUNT, "group": GROUP,
                                        "mode": MODE, "reload": str(reload)}]
    return "-e", json.dumps({"good_neighbor_overrides": overrides})
