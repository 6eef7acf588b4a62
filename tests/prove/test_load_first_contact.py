"""First contact with a server made by hand, while its service opens 50 connections a second with its own settings: adopt,
audit, additive, enforce, audit. No login fails, no statement fails, and the rows are the same.

Fifty is what is asked for, on eight clients: the row's limit is ten. A machine that has more to do gives less, and the rate
is printed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from live.proofs import plays
from live.proofs.house import BY_HAND, House, checksums, run_module
from prove.load import load

STATEMENTS = (
    "SELECT count(*), max(length(conversation)) FROM companion_memories WHERE avatar_id = 'avatar-7'",
    "INSERT INTO companion_memories (avatar_id, companion_id, conversation) VALUES ('avatar-7', 'companion-1', 'now')",
    "UPDATE companion_relationships SET affinity = affinity WHERE avatar_id = 'avatar-7'",
    "DELETE FROM memory_access_patterns WHERE purpose = 'none'",
    "SELECT keep_days FROM memory_tier_config",
    "INSERT INTO compression_analytics VALUES ('2001-01-01', 1, 1)",
    "UPDATE avatar_agents SET persona = persona WHERE avatar_id = 'avatar-7'",
    "SELECT count(*) FROM pca_models, pq_models, schema_metadata",
)

RUNS = 6


def service(house: House) -> Callable[[], None]:
    """The service as it has always worked: its role, the password that somebody typed, a transaction for each statement.
    What it writes it takes back, for then the rows can be compared."""
    def work() -> None:
        with closing(house.enter("voice_ninja_user", BY_HAND[0], "voice_ninja")) as session, session.cursor() as cursor:
            session.autocommit = False
            for statement in STATEMENTS:
                cursor.execute(statement)
                session.rollback()

    return work


def deferred(result: dict[str, Any]) -> int:
    """How many objects could not be locked."""
    return sum(row["state"] == "deferred" and row["rule"] == "owner-object" for row in result["violations"])


def test_nothing_breaks_at_first_contact(house: House, tmp_path: Path) -> None:
    before, safe = checksums(house), {"remedies": ["safe"]}
    with load([service(house)]) as found:
        adopted = plays.run(house, "adopt", "-e", f"good_neighbor_adopt_file={tmp_path}/draft.yml")
        audited = plays.run(house, "audit")
        made = [run_module(house.arguments(mode="additive", **safe))]
        while len(made) == 1 or (deferred(made[-1]) and len(made) < RUNS):
            made.append(run_module(house.arguments(mode="enforce", **safe)))
        looked = plays.run(house, "audit")
    print(f"{found}; tables that were in use when first met: {deferred(made[1])}, when the load ended: {deferred(made[-1])}")
    assert (adopted.status in (0, 2), audited.status, looked.status in (0, 2)) == (True, 2, True), adopted.output
    assert found.failures == []
    assert found.number > 500, found
    assert [result["changed"] for result in made[:2]] == [True, True]
    last = run_module(house.arguments(mode="enforce", **safe))
    left = [row for row in last["violations"] if row["remedy_kind"] == "safe" and row["state"] != "remedied"]
    assert left == []
    again = run_module(house.arguments(mode="enforce", **safe))
    assert (again["changed"], again["statements"]) == (False, [])
    assert checksums(house) == before
    owner = house.rows("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'voice_ninja'")
    assert owner == [("voice_ninja_user",)]


def test_the_load_would_notice(house: House) -> None:
    """The same service, while somebody takes its table away and gives it back, again and again."""
    with load([service(house)]) as found:
        for _number in range(30):
            house.rows("REVOKE ALL ON companion_memories FROM voice_ninja_user", "voice_ninja")
            house.rows("GRANT ALL ON companion_memories TO voice_ninja_user", "voice_ninja")
    print(found)
    assert [failure for failure in found.failures if "permission denied" in failure]
