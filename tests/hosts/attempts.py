"""Try doors; runs on a host, with nothing but psycopg2. In: attempts as JSON, a list of connection parameters. Out: for
each the role, the database and whether it is encrypted, or the server's refusal.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg2

WHO = """SELECT current_user, current_database(),
    coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false)"""


def attempt(parameters: dict[str, Any]) -> dict[str, Any]:
    """Knock once."""
    try:
        connection = psycopg2.connect(connect_timeout=20, **parameters)
    except psycopg2.Error as error:
        return {"refused": str(error).strip()}
    with connection.cursor() as cursor:
        cursor.execute(WHO)
        user, database, encrypted = cursor.fetchone()
    connection.close()
    return {"role": user, "database": database, "encrypted": encrypted}


with ThreadPoolExecutor(6) as pool:
    print(json.dumps(list(pool.map(attempt, json.load(sys.stdin)))))
