"""Which line decides, foretold for every role in every database, and asked at the door."""

from __future__ import annotations

import psycopg2
import pytest
from live.postgres import major

from .conftest import OPERATOR, PASSWORD, Inn

ROLES = ("kitchen_owner", "gallery_owner", "cook", "watcher", "kitchen", "replica")
DATABASES = ("kitchen", "gallery", "postgres")
LINES = [
    'host "all" all 127.0.0.1/32 scram-sha-256', 'host all "all" 127.0.0.1/32 scram-sha-256',
    "hostssl all all 127.0.0.1/32 scram-sha-256", "host replication all all scram-sha-256",
    "host all kitchen_owner 127.0.0.2/32 scram-sha-256", "host all cook ::1/128 scram-sha-256",
    'host all "+staff" 127.0.0.1/32 scram-sha-256', "host gallery +staff samehost scram-sha-256",
    "host samerole all 127.0.0.0/8 scram-sha-256", "host sameuser all 127.0.0.1 255.255.255.255 scram-sha-256",
    'host "/^kit" watcher 127.0.0.1/32 scram-sha-256',
    "hostnossl postgres,gallery watcher,replica 127.0.0.1/32 scram-sha-256",
    "host kitchen kitchen_owner all reject", "host kitchen kitchen_owner,gallery_owner all scram-sha-256"]


@pytest.mark.parametrize("last", ["host all all all reject", "# nothing more"])
def test_the_foretold_refusals_come_true(inn: Inn, last: str) -> None:
    pairs = [(role, database) for role in ROLES for database in DATABASES]
    guests = [inn.cluster.login(role, PASSWORD, database) for role, database in pairs]
    made = inn.run(hba="\n".join((OPERATOR, *LINES, last)) + "\n")
    for guest in guests:
        guest.close()
    told = {(one["role"], one["database"]): one["refused"] for one in made["connections"]}
    seen = {}
    for role, database in pairs:
        try:
            inn.cluster.login(role, PASSWORD, database).close()
            seen[role, database] = False
        except psycopg2.OperationalError as error:
            assert "pg_hba.conf" in str(error)
            seen[role, database] = True
    assert {pair: told[pair] for pair in pairs} == seen
    let_in = {("gallery_owner", "gallery"), ("cook", "gallery"), ("kitchen", "kitchen"), ("watcher", "postgres"),
              ("watcher", "gallery"), ("replica", "postgres"), ("replica", "gallery"), ("gallery_owner", "kitchen")}
    assert {pair for pair, refused in seen.items() if not refused} == let_in | (
        {("watcher", "kitchen")} if major() >= 16 else set())
