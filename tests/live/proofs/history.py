"""Every version that a row of pg_database ever had, dead ones too: no moment between two looks is missed.

PostgreSQL overwrites nothing: each change of a database writes its row anew, and as long as somebody holds an old snapshot
the older versions stay in the table's pages (https://www.postgresql.org/docs/current/mvcc-intro.html).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from live.postgres import major
from live.proofs.house import House

_NORMAL = 1  # a line pointer that still has its row
_CONNECT = 1 << 11  # ACL_CONNECT of PostgreSQL's parsenodes.h
_ATTRIBUTES = "SELECT attname, attnum - 1 FROM pg_attribute WHERE attrelid = 'pg_database'::regclass AND attnum > 0"
_PAGES = """
SELECT lp_flags, tuple_data_split('pg_database'::regclass, t_data, t_infomask, t_infomask2, t_bits)
FROM generate_series(0, pg_relation_size('pg_database') / current_setting('block_size')::int - 1) page,
     heap_page_items(get_raw_page('pg_database', page::int))"""


@dataclass(frozen=True)
class Version:
    """A database as it was for a while: whether it let sessions in at all, and whether everybody might CONNECT."""

    database: str
    connections: bool
    public: bool


@contextmanager
def kept(house: House) -> Iterator[None]:
    """While this lasts no version is cleaned away. It starts without gaps of those that were before."""
    house.rows("VACUUM FULL pg_database")
    with closing(house.admin()) as session, session.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT count(*) FROM pg_database")
        yield


def versions(house: House) -> list[Version]:
    """All versions that there are, of all databases. To be asked within `kept`."""
    house.rows("CREATE EXTENSION pageinspect")
    place = dict(house.rows(_ATTRIBUTES))
    found = []
    for flags, fields in house.rows(_PAGES):
        assert flags == _NORMAL, "a version was cleaned away"
        name = bytes(fields[place["datname"]]).split(b"\0")[0].decode()
        acl = fields[place["datacl"]]
        found.append(Version(name, bytes(fields[place["datallowconn"]]) != b"\0", acl is None or _public(bytes(acl))))
    house.rows("DROP EXTENSION pageinspect")
    return found


def _public(acl: bytes) -> bool:
    """Whether an aclitem[] as it lies on disk gives CONNECT to PUBLIC, whose oid is 0."""
    items = acl[21:] if acl[0] & 1 else acl[24:]  # a length of one byte or of four, then the array's own header
    one = struct.Struct("=IIQ" if major() >= 16 else "=III")
    return any(grantee == 0 and privileges & _CONNECT for grantee, _grantor, privileges in one.iter_unpack(items))
