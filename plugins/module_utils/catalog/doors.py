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
    words = cluster.OF_16 if snapshot.major >= 16 else cluster.OF_15
    places = [words["place"].format(main=main, setting=setting)
              for main, setting in (("pg_hba.conf", "hba_file"), ("pg_ident.conf", "ident_file"))]
    for line, type_, databases, users, address, netmask, method, options, error, place in rows(
            cursor, cluster.DOORS.format(order=words["order"], place=places[0])):
        snapshot.model.put(Door(line, type_ or "", tuple(sorted(databases or ())), tuple(sorted(users or ())),
                                network(address, netmask), method or "", tuple(sorted(options or ())), error or "", place))
    for map_, account, role, error, place in rows(cursor, cluster.IDENTITY_MAPS.format(place=places[1])):
        if error:
            snapshot.model.put(Thing("", "broken line", place, error))
        else:
            snapshot.model.put(IdentityMap(map_, account, role))
    for (name,) in rows(cursor, cluster.UNREAD_FILES) + (
            rows(cursor, cluster.INCLUDED_FILES) if snapshot.major >= 16 else []):
        snapshot.model.put(Thing("", "unread file", name))
