"""A process that looks whether PUBLIC may connect to a database, and knocks as a stranger, as often as it can.

Reads JSON from the first line of its standard input: host, port, password (the superuser's), stranger (role, password),
databases. When its input ends it prints what it saw.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from typing import Any

import psycopg2

PAUSE = 0.002
OPEN = """
SELECT datname FROM pg_database WHERE datname = ANY(%s) AND datallowconn AND EXISTS (
    SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE grantee = 0 AND privilege_type = 'CONNECT')"""
ANSWERS = {"does not exist": "missing", "not currently accepting": "closed", "permission denied": "denied"}

given: dict[str, Any] = json.loads(sys.stdin.readline())
ended = threading.Event()
looks: Counter[str] = Counter()
knocks: Counter[str] = Counter()
seen: Counter[str] = Counter()
gaps = [0.0]


def connect(database: str, user: str, password: str) -> Any:
    return psycopg2.connect(host=given["host"], port=given["port"], dbname=database, user=user, password=password)


def look() -> None:
    """Asks the catalog. The server may go away and come back, in another state."""
    while not ended.is_set():
        try:
            session = connect("postgres", "postgres", given["password"])
            session.autocommit = True
            cursor, before = session.cursor(), time.monotonic()
            while not ended.is_set():
                cursor.execute(OPEN, (given["databases"],))
                seen.update(f"PUBLIC may connect to {name}" for (name,) in cursor.fetchall())
                looks["looks"] += 1
                gaps[0], before = max(gaps[0], time.monotonic() - before), time.monotonic()
                ended.wait(PAUSE)
        except psycopg2.Error:
            ended.wait(PAUSE)


def knock() -> None:
    """Tries every door."""
    while not ended.is_set():
        for database in given["databases"]:
            try:
                connect(database, *given["stranger"]).close()
                seen[f"{given['stranger'][0]} entered {database}"] += 1
            except psycopg2.OperationalError as error:
                knocks[next((word for said, word in ANSWERS.items() if said in str(error)), "unreachable")] += 1
        ended.wait(PAUSE)


threads = [threading.Thread(target=work) for work in (look, knock)]
for thread in threads:
    thread.start()
print("watching", flush=True)
sys.stdin.read()
ended.set()
for thread in threads:
    thread.join()
print(json.dumps({"looks": looks["looks"], "longest_gap": gaps[0], "knocks": dict(knocks), "seen": sorted(seen)}))
