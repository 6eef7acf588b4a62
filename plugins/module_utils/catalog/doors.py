# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who is let in from where: pg_hba.conf and pg_ident.conf as the server reads them."""

from __future__ import annotations

from ..hba import network
from ..items import Door, IdentityMap, Thing
from . import cluster
from .raw import rows
from .session import Cursor
from .snapshot import Snapshot


def read(cursor: Cursor, snapshot: Snapshot) -> None:
    """Put the lines of both files into `snapshot`, and whether the server has read them since they were written."""
    for line, type_, databases, users, address, netmask, method, options, error in rows(cursor, cluster.DOORS):
        snapshot.model.put(Door(line, type_ or "", tuple(sorted(databases or ())), tuple(sorted(users or ())),
                                network(address, netmask), method or "", tuple(sorted(options or ())), error or ""))
    for map_, account, role, error, line in rows(cursor, cluster.IDENTITY_MAPS):
        if error:
            snapshot.model.put(Thing("", "broken line", f"pg_ident.conf line {line}", error))
        else:
            snapshot.model.put(IdentityMap(map_, account, role))
    for (name,) in rows(cursor, cluster.UNREAD_FILES):
        snapshot.model.put(Thing("", "unread file", name))
