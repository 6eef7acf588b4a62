# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A new cluster, whatever killed the run before. Nothing that a server ever ran on is removed."""

from __future__ import annotations

import shutil

from ..errors import ServerError
from .clusters import NEVER_STARTED, Cluster, Run, identifier, state, write_note
from .host import ABSENT, FINISHED, MADE, MAKING

DEFAULTS = "/etc/postgresql-common/createcluster.d/good_neighbor.conf"  # the role's own, whatever the host's says
START = "start.conf"  # whether the host starts the cluster when it boots
LOCALE = ("--locale", "C.UTF-8", "--encoding", "UTF8")  # else ssh and sudo decide, which pass on somebody's LANG


def make(cluster: Cluster, port: int, run: Run, *, dry: bool) -> bool:
    """Makes the cluster where it is not there, or where a killed run left half of it. Returns whether there was something
    to do; `dry` does nothing. Raises ServerError where it may not, or fails.

    No boot starts it before the note says that it is whole: it would count as one that may hold something. Until a whole
    run has come to its end only its own unit does, once that is enabled. https://manpages.debian.org/pg_createcluster
    """
    found = state(cluster, run)
    if found not in (ABSENT, MAKING):
        return False
    if found == MAKING and cluster.started_once:
        raise ServerError(
            f"an earlier run was killed while it made {cluster.data}, and a server has run on it since "
            f"({NEVER_STARTED} is there): it may hold something. Remove {cluster.note} to keep it as it is, or "
            f"pg_dropcluster {cluster.version} {cluster.name} to have it made anew")
    if dry:
        return True
    write_note(cluster, MAKING)
    for rest in (cluster.configuration, cluster.data):
        if rest.exists():
            shutil.rmtree(rest)
    command = ["pg_createcluster", "--createclusterconf", DEFAULTS, *LOCALE, "--port", str(port), "--no-status",
               "--start-conf", "manual", cluster.version, cluster.name, "--", "--data-checksums"]
    status, out, err = run(command)
    if status != 0:
        raise ServerError(f"pg_createcluster failed: {(err or out).strip()}")
    write_note(cluster, MADE, identifier(cluster, run))
    return True


def finish(cluster: Cluster, run: Run, *, dry: bool) -> bool:
    """Notes that a whole run has come to its end: from now on somebody may be using the cluster."""
    if state(cluster, run) != MADE:
        return False
    if not dry:
        start = cluster.configuration / START
        start.write_text(start.read_text().replace("\nmanual\n", "\nauto\n"))
        write_note(cluster, FINISHED, identifier(cluster, run))
    return True
