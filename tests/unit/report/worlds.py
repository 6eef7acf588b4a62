"""Facts of the policy's own matrix, as the modules would return them: all well, or with anything planted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.audit_text import Command
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.parse import parse
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.secrets import without_secrets
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.types import Allocation, Matrix
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.report.facts import Facts, ServerFacts

RAW: dict[str, Any] = yaml.safe_load((Path(__file__).parents[3] / "inventories" / "allocation.yml").read_text())
SERVER = "voice-ninja.com"
READ_AT = "2026-01-31T12:00Z"
NOON = 1769860800.0  # the same as a Unix time
HOUR = 3600.0

Row = dict[str, Any]


def matrix(**servers: Row) -> Matrix:
    """The policy's, with further servers."""
    rows = [without_secrets(row) for row in RAW["good_neighbor_allocation"]]
    return parse({**RAW["good_neighbor_servers"], **servers}, rows, secrets_withheld=True)


def row(service: str) -> Allocation:
    """A row of the policy."""
    return next(row for row in matrix().rows if row.service == service)


def entry(role: str, *databases: str, superuser: bool = False, limit: int | None = 5) -> Row:
    """A login and the databases that it may enter."""
    return {"role": role, "superuser": superuser, "connection_limit": limit, "connections": 1, "databases": list(databases)}


def database(service: str | None, name: str, declared: str | None, observed: str, size: int | None = 9_000_000) -> Row:
    """A database as allocation_info returns it."""
    return {
        "service": service,
        "database": name,
        "declared": declared,
        "observed": observed,
        "owner": f"{name}_owner",
        "size_bytes": size,
        "connections": 2,
        "connection_limit": 18,
    }


def violation(rule: str, severity: str, message: str, **more: Any) -> Row:
    """A violation as allocation_info returns it."""
    return {
        "rule": rule,
        "severity": severity,
        "remedy_kind": "safe",
        "server": SERVER,
        "service": None,
        "database": None,
        "role": None,
        "object": None,
        "message": message,
        "remedy": [],
        "state": "open",
        **more,
    }


def health(*names: str, tables: list[Row] | None = None) -> Row:
    """A state as health_info returns it."""
    databases = [
        {
            "database": name,
            "owner": "postgres",
            "open": True,
            "size_bytes": 9_000_000,
            "connections": 2,
            "connection_limit": 18,
            "cache_hit_percent": 99.1,
            "deadlocks": 0,
            "temp_bytes": 0,
        }
        for name in names
    ]
    return {
        "server": {"version": "18.6", "max_connections": 150, "reserved": 20, "connections": 7, "up_seconds": 90},
        "databases": databases,
        "tables": tables or [],
        "unread": [],
        "roles": [],
        "sessions": [],
        "blocked": [],
    }


def table(schema: str, name: str) -> Row:
    """One of the largest tables."""
    return {
        "database": "voice_ninja",
        "schema": schema,
        "table": name,
        "size_bytes": 1_000_000,
        "live_rows": 1234,
        "dead_rows": 12,
        "dead_percent": 1.0,
        "last_vacuum": "2026-01-30 03:00Z",
        "locked": False,
    }


def well() -> ServerFacts:
    """A server on which the two active rows are made and nothing is wrong."""
    databases = [
        database("bob_gpt", "voice_ninja", "active", "active"),
        database("nexus", "bbworlds_nexus", "active", "active"),
        database("bbworlds_api", "bbworlds_world", "planned", "planned", None),
        database("auth", "bbworlds_auth", "planned", "planned", None),
        database("payment_gateway", "poqpoq_pg", "external", "external", None),
    ]
    entries = [
        entry("postgres", "voice_ninja", "bbworlds_nexus", "postgres", superuser=True, limit=None),
        entry("voice_ninja_user", "voice_ninja", limit=10),
        entry("voice_ninja_analytics", "voice_ninja", limit=3),
        entry("nexus_user", "bbworlds_nexus", limit=50),
        entry("gn_monitor", "voice_ninja", "bbworlds_nexus", "postgres", limit=8),
        entry("gn_backup", "voice_ninja", "bbworlds_nexus", "postgres", limit=2),
        entry("gn_replication", limit=2),
    ]
    times = [
        {
            "database": "voice_ninja",
            "role": "voice_ninja_user",
            "ms": 12,
            "calls": 990,
            "total_ms": 11_000.0,
            "longest_ms": 80.5,
        },
        {
            "database": "voice_ninja",
            "role": "voice_ninja_user",
            "ms": 120,
            "calls": 10,
            "total_ms": 1_200.0,
            "longest_ms": 410.0,
        },
    ]
    more = {
        "read_at": READ_AT,
        "entries": entries,
        "public": [],
        "latency": {"missing": None, "since": READ_AT, "times": times},
    }
    judged = {"databases": databases, "violations": [], "compliant": True}
    return ServerFacts(
        judged,
        health("voice_ninja", "bbworlds_nexus", "postgres", tables=[table("public", "companion_memories")]),
        more,
        Command(("inventories/production",), "enforce"),
    )


def broken(*violations: Row, entries: tuple[Row, ...] = (), public: tuple[str, ...] = (), **state: Any) -> ServerFacts:
    """The same with violations and logins planted."""
    good = well()
    judged = {**good.judged, "violations": list(violations), "compliant": not violations, **state}
    return replace(
        good, judged=judged, more={**good.more, "entries": [*good.more["entries"], *entries], "public": list(public)}
    )


def samples(service: str, **values: float) -> list[Row]:
    """Metrics as backups and drills leave them: `backup_success=1`."""
    labels = {"server": SERVER, "service": service, "database": row(service).database}
    return [{"name": f"good_neighbor_{name}", "labels": labels, "value": value} for name, value in values.items()]


def facts(server: ServerFacts | None = None, found: list[Row] | None = None) -> Facts:
    """The report's facts, of the one server that the policy has."""
    return Facts(matrix(), {SERVER: server or well()}, found or [])
