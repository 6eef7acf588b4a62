"""The library from nothing: what the engine returned while the gold copy was made, and what stands there then."""

from __future__ import annotations

from live.engine.cases import rules, told
from live.engine.facts import facts
from live.engine.gold import Gold
from live.engine.neighborhood import Neighborhood


def test_from_nothing(gold: Gold) -> None:
    """In one run: roles, databases, rights, extension, schema file; foretold one for one."""
    foretold, made = gold.story["foretold"], gold.story["made"]
    assert foretold["statements"] == made["statements"]
    assert {entry["database"]: entry["observed"] for entry in gold.story["asked"]["databases"]} == {
        "loans": "needs_creation",
        "catalogue": "needs_creation",
        'Odd "db" 100%s.x\\é': "needs_creation",
        "rooms": "planned",
        "old_letters": "needs_creation",
        "coins": "external",
    }
    assert made["compliant"], told(made)
    assert rules(made) == {"schema-table-missing"}, told(made)


def test_a_database_is_closed_until_nobody_else_gets_in(gold: Gold) -> None:
    statements = gold.story["made"]["statements"]
    for database in ("loans", "catalogue", "old_letters"):
        create = next(n for n, text in enumerate(statements) if text.startswith(f'CREATE DATABASE "{database}"'))
        assert "ALLOW_CONNECTIONS false" in statements[create]
        assert statements[create + 1] == f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC'
        assert statements.index(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS true') > create


def test_what_services_make_needs_nothing_more(gold: Gold) -> None:
    """Default privileges gave the tables to readers and logins; the second run had nothing to do."""
    grown = gold.story["grown"]
    assert (grown["changed"], grown["violations"]) == (False, []), told(grown)


def test_retirement(gold: Gold, library: Neighborhood) -> None:
    retired = gold.story["retired"]
    assert (rules(retired, "remedied"), rules(retired)) == ({"role-login"}, set()), told(retired)
    assert [text for text in retired["statements"] if "archivist" in text and "NOLOGIN" in text]
    assert library.sql("SELECT count(*) FROM letter", "old_letters") == [(30,)]
    assert library.sql("SELECT datdba::regrole::text FROM pg_database WHERE datname = 'old_letters'") == [("archivist",)]


def test_silence(gold: Gold, library: Neighborhood) -> None:
    silent, before = gold.story["silent"], facts(library)
    assert (silent["changed"], silent["statements"], silent["violations"]) == (False, [], []), told(silent)
    library.work()
    assert library.enforce()["violations"] == []
    assert facts(library) == before


def test_databases_are_told(library: Neighborhood) -> None:
    found = {entry.pop("database"): entry for entry in library.check()["databases"]}
    assert found["loans"].pop("size_bytes") > 1_000_000
    assert found["loans"] == {
        "service": "loans",
        "declared": "active",
        "observed": "active",
        "owner": "loans_owner",
        "connections": 0,
        "connection_limit": 9,
    }
    assert {name: entry["observed"] for name, entry in found.items()} == {
        "loans": "active",
        "catalogue": "active",
        'Odd "db" 100%s.x\\é': "active",
        "rooms": "planned",
        "old_letters": "retired",
        "coins": "external",
    }
