"""What the server keeps of statements beside its log: statistics, and parse trees for developers. No verifier is there."""

from __future__ import annotations

from live.proofs.house import House, run_module

# for whoever looks for a bug in PostgreSQL; each writes statements to the log in a form of its own
DEVELOPERS = {"debug_print_parse": "on", "debug_print_rewritten": "on", "debug_print_plan": "on"}
STATISTICS = {"shared_preload_libraries": "pg_stat_statements", "pg_stat_statements.track": "all", "compute_query_id": "on"}


def kept(house: House) -> list[str]:
    """The statements that pg_stat_statements has, of all databases."""
    house.rows("CREATE EXTENSION pg_stat_statements")
    found = [query for (query,) in house.rows("SELECT query FROM pg_stat_statements")]
    house.rows("DROP EXTENSION pg_stat_statements")
    return found


def verifiers(house: House) -> list[str]:
    """The parts of a stored verifier that are as good as it."""
    stored = house.rows("SELECT rolpassword FROM pg_authid WHERE rolpassword LIKE 'SCRAM%'")
    return [part for (verifier,) in stored for part in verifier.split("$")[-1].split(":")]


def test_statistics_of_statements_hold_no_verifier(house: House) -> None:
    house.restart(**STATISTICS)
    before = verifiers(house)
    assert run_module(house.arguments())["compliant"]
    statements = kept(house)
    assert any("CREATE TABLE" in statement for statement in statements), "the owner's own statements are counted"
    for part in {*before, *verifiers(house)}:
        assert not [statement for statement in statements if part in statement]
    (secret,) = verifiers_of(house, "ALTER ROLE nexus_user PASSWORD 'fake-typed-by-somebody'")
    assert any(secret in statement for statement in kept(house)), "the control: what somebody types is kept"


def verifiers_of(house: House, statement: str) -> list[str]:
    """The secret in a statement that was typed, once it has run."""
    house.rows(statement)
    return [statement.split("'")[1]]


def test_parse_trees_in_the_log_hold_no_verifier(house: House) -> None:
    house.restart(**DEVELOPERS)
    read, before = len(house.log), verifiers(house)
    assert run_module(house.arguments())["compliant"]
    log = house.log[read:]
    assert "{QUERY" in log
    assert not [part for part in {*before, *verifiers(house)} if part in log]
    read = len(house.log)
    verifiers_of(house, "ALTER ROLE nexus_user PASSWORD 'fake-typed-by-somebody'")
    log = house.log[read:]
    assert "fake-typed-by-somebody" in log[log.index("{QUERY"):], "the control"
