# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who is let in from where: pg_hba.conf and pg_ident.conf as the server reads them."""

from __future__ import annotations

import posixpath

from ..hba import network
from ..hba_file.text import lines, words
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
    _unread(cursor, snapshot)


def _unread(cursor: Cursor, snapshot: Snapshot) -> None:
    """Files that were changed since the server read them, those that they take in too: these may have lost every line."""
    readable = not any(door.error and not door.shut for door in snapshot.model.of(Door).values())
    seen: set[str] = set()
    found = rows(cursor, cluster.MAIN_FILES)
    while found:
        further: list[str] = []
        for name, path, changed, content, listed in found:
            seen.add(path)
            if changed:
                snapshot.model.put(Thing("", "unread file", name))
            further += [f"{path}/{one}" for one in sorted(listed or ())]
            if content is not None:
                further += _taken_in(bytes(content).decode("utf-8", "replace"), path)
        wanted = sorted(set(further) - seen) if readable else []  # what is no file to read, the server says by itself
        found = []
        if wanted:
            cursor.execute(cluster.FURTHER_FILES, (wanted,))
            found = cursor.fetchall()


def _taken_in(text: str, path: str) -> list[str]:
    """The files that the lines of a file name: included ones, and lists of names (@file)."""
    if "include" not in text and "@" not in text:
        return []
    named = []
    for line in lines(text):
        fields = words(line.text)
        if fields and fields[0][0].text in ("include", "include_if_exists", "include_dir"):
            named += [field[0].text for field in fields[1:]]
        named += [word.text[1:] for field in fields for word in field if word.text[:1] == "@" and not word.quoted]
    return [posixpath.normpath(posixpath.join(posixpath.dirname(path), name)) for name in named if name]
