"""Sends queries to databases, each over one connection, and fetches every row:  read.py QUERIES.json PARAMETERS"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import psycopg2

for database, statements in json.loads(Path(sys.argv[1]).read_text()):
    connection = psycopg2.connect(**{**json.loads(sys.argv[2]), "dbname": database})
    connection.autocommit = True
    cursor = connection.cursor()
    for statement in statements:
        cursor.execute(statement)
        if cursor.description:
            cursor.fetchall()
    connection.close()
