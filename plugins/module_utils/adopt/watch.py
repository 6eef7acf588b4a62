# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Watches who is connected from where, for as long as asked: one query a second over one session, nothing else."""

from __future__ import annotations

import time

from ..catalog.raw import rows
from ..catalog.session import Cursor
from .facts import Sightings

PAUSE = 1.0  # seconds between two looks

# client_port is -1 on a socket; it and backend_type are NULL where the row is not for us to see:
# https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW
SESSIONS = """
SELECT datname::text, usename::text,
       CASE WHEN client_port = -1 THEN 'local' ELSE pg_catalog.host(client_addr) END, pg_catalog.count(*)
FROM pg_catalog.pg_stat_activity
WHERE (backend_type IN ('client backend', 'walsender') OR backend_type IS NULL AND datname IS NOT NULL)
  AND usename IS NOT NULL AND pid <> pg_catalog.pg_backend_pid()
  AND application_name !~ '^good_neighbor of '
GROUP BY 1, 2, 3"""
SETTINGS = """
SELECT name, setting FROM pg_catalog.pg_settings WHERE name IN ('port', 'listen_addresses', 'unix_socket_directories')"""


def watch(cursor: Cursor, seconds: float) -> Sightings:
    """Look once, then again each second until `seconds` are over."""
    seen, end = Sightings(), time.monotonic() + seconds
    while True:
        seen.add((database or "", role, address, int(count)) for database, role, address, count in rows(cursor, SESSIONS))
        left = end - time.monotonic()
        if left <= 0:
            return seen
        time.sleep(min(PAUSE, left))


# where the server's own programs are; for superusers only
PROGRAMS = """
SELECT setting FROM pg_catalog.pg_config() WHERE name = 'BINDIR'"""


def settings(cursor: Cursor) -> dict[str, str]:
    """Where the server listens, as far as the login may know."""
    return dict(rows(cursor, SETTINGS))


def programs(cursor: Cursor) -> str:
    """The folder of the server's own programs, on its host."""
    return str(rows(cursor, PROGRAMS)[0][0])
