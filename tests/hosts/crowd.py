"""Take a server's connections; runs on a host, with nothing but psycopg2. In: who takes how many, and who tries then. Out:
how many were taken, how one more ended, and how the others fared.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import psycopg2

held = []


def attempt(parameters: dict[str, Any]) -> dict[str, Any]:
    """Connect, and keep the connection."""
    try:
        held.append(psycopg2.connect(connect_timeout=20, **parameters))
    except psycopg2.Error as error:
        return {"refused": str(error).strip()}
    return {"role": held[-1].info.user}


told = json.load(sys.stdin)
last: dict[str, Any] = {}
while len(held) < told["number"] and "refused" not in last:
    last = attempt(told["who"])
taken = len(held)
print(json.dumps({"taken": taken, "next": attempt(told["who"]), "others": [attempt(other) for other in told["others"]]}))
