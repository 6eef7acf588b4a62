"""A small matrix and a host, for the tests of the server's role."""

from __future__ import annotations

from typing import Any

from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.parse import parse
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.types import Matrix
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.server.host import ABSENT, Host, Network
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.server.options import Options

NAME = "db.example.com"
SERVER: dict[str, Any] = {"mode": "enforce", "max_connections": 100, "maintenance_connections": 10}
ROW: dict[str, Any] = {
    "service": "kitchen", "server": NAME, "database": "kitchen", "owner": "cook", "purpose": "recipes", "status": "active",
    "connection_limit": 10, "backup": "important"}
EXTERNAL = {"far.example.com": {"managed": False, "api_url": "https://far.example.com"}}
CANDIDATES = ("postgresql-17", "postgresql-17-set-user", "python3-psycopg2")


def matrix(row: dict[str, Any] | None = None, **server: Any) -> Matrix:
    """One server, one row, with what a test says otherwise."""
    return parse({NAME: {**SERVER, **server}, **EXTERNAL}, [{**ROW, **(row or {})}], secrets_withheld=True)


def host(**other: Any) -> Host:
    """A bare Debian 13 of 8 GiB with one address, with what a test says otherwise."""
    known: dict[str, Any] = {
        "version": "17", "cluster": "main", "state": ABSENT, "sources": True, "lists": True, "candidates": CANDIDATES,
        "memory": 8000, "processors": 4, "disk_size": 100_000, "disk_free": 50_000,
        "networks": (Network("192.0.2.7/24", True), Network("10.1.0.7/16"), Network("2001:db8::7/64", True))}
    return Host(**{**known, **other})


def options(**other: Any) -> Options:
    """The role's defaults, in mode enforce, with what a test says otherwise."""
    known: dict[str, Any] = {"mode": "enforce", "libraries": ("pg_stat_statements", "set_user")}
    return Options(**{**known, **other})
