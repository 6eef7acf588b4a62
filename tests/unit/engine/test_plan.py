"""The plan, on models alone: it converges, always in the same order, never drops, and each mode keeps to its bounds."""

from __future__ import annotations

import random
import re
from dataclasses import replace

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import plan, sql
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog.snapshot import Snapshot
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.items import (
    Database,
    DefaultGrant,
    Extension,
    Grant,
    Membership,
    Owner,
    Role,
    Session,
    Setting,
    Table,
    Thing,
)
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.model import Model
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.plan import Options, Plan
from hypothesis import given, settings
from unit.engine.worlds import ALL, MAJORS, SCOPE, TIDY, planted

ENFORCE = Options("enforce", ALL)
EXAMPLES = settings(max_examples=150, deadline=None)


def made(snapshot: Snapshot, options: Options = ENFORCE) -> Plan:
    """The plan."""
    return plan.make(SCOPE, snapshot, options, {})


def statements(of: Plan) -> list[str]:
    """All of it as SQL."""
    return [statement for step in of.steps for statement in sql.render(step.change, of.before.major)]


@pytest.mark.parametrize("major", MAJORS)
def test_what_is_tidy_stays_as_it_is(major: int) -> None:
    found = made(TIDY[major])
    assert (found.steps, [verdict.violation.message for verdict in found.verdicts]) == ([], [])


@EXAMPLES
@given(planted())
def test_it_converges(snapshot: Snapshot) -> None:
    first = made(snapshot)
    assert made(first.after).steps == []
    for verdict in first.verdicts:
        if verdict.state == "open":
            assert (
                verdict.violation.remedy_kind == "manual"
                or not verdict.violation.changes
                or "unallocated" in (verdict.violation.rule.id)
            ), verdict


@EXAMPLES
@given(planted())
def test_the_order_is_always_the_same(snapshot: Snapshot) -> None:
    items = list(snapshot.model)
    random.Random(1).shuffle(items)
    assert made(replace(snapshot, model=Model(items))).steps == made(snapshot).steps


@EXAMPLES
@given(planted())
def test_nothing_that_holds_rows_is_dropped(snapshot: Snapshot) -> None:
    for statement in statements(made(snapshot)):
        assert not re.match(r"DROP (?!EXTENSION|SERVER|USER MAPPING|PUBLICATION|EVENT TRIGGER)", statement)
        assert not re.match(r"DROP .*CASCADE|TRUNCATE|DELETE|REASSIGN", statement)


@EXAMPLES
@given(planted())
def test_audit_plans_nothing(snapshot: Snapshot) -> None:
    found = made(snapshot, Options("audit", ALL))
    assert found.steps == []
    assert found.after.model == snapshot.model
    assert {verdict.state for verdict in found.verdicts} <= {"open", "unchecked"}


def rights(model: Model) -> set[tuple[object, ...]]:
    """Every single right that somebody has."""
    found: set[tuple[object, ...]] = set()
    for kind in (Grant, DefaultGrant):
        for grant in model.of(kind).values():
            found |= {(*grant.key, word, word in grant.grantable) for word in grant.privileges}
    found |= set(model.of(Membership).values())
    return found


@EXAMPLES
@given(planted())
def test_additive_only_adds(snapshot: Snapshot) -> None:
    found = made(snapshot, Options("additive", ALL))
    before, after = snapshot.model, found.after.model
    assert rights(before) <= rights(after)
    for kind in (Role, Database, Owner, Setting, Extension, Session, Table, Thing):
        present = before.of(kind)
        assert present.items() <= after.of(kind).items()
    assert after.of(Membership) == before.of(Membership)
    assert after.of(Session) == before.of(Session)
    assert not [
        text
        for text in statements(found)
        if re.match(r"REVOKE|DROP|ALTER (?!DEFAULT PRIVILEGES)|SELECT", text)
        if not text.startswith("REVOKE ALL ON DATABASE")
    ]


def test_additive_leaves_a_strangers_closed_database() -> None:
    state = replace(TIDY[18], model=TIDY[18].model.copy())
    for database in (Database("attic", "loans_owner", connections=False), Database("loans", "postgres", False, limit=9)):
        state.model.put(database)
    found = made(state, Options("additive", ALL))
    assert 'ALTER DATABASE "loans" ALLOW_CONNECTIONS true' in statements(found)
    assert not [statement for statement in statements(found) if "attic" in statement or "OWNER TO" in statement]


@EXAMPLES
@given(planted())
def test_safe_remedies_end_no_session_and_no_login(snapshot: Snapshot) -> None:
    after = made(snapshot, Options("enforce", ("safe",))).after.model
    assert after.of(Session) == snapshot.model.of(Session)
    for key, role in snapshot.model.of(Role).items():
        assert after.of(Role)[key].login >= role.login
        if role.password not in ("none", "md5") and role.expiry != "past":
            assert after.of(Role)[key].password == role.password
    assert after.of(Thing) == snapshot.model.of(Thing)


@pytest.mark.parametrize("options", [Options("audit"), Options("additive", ALL), Options("enforce", ("safe",)),
                                     replace(ENFORCE, services=("loans",))], ids=str)
@settings(max_examples=40, deadline=None)
@given(planted())
def test_what_a_mode_withholds_stays_open(options: Options, snapshot: Snapshot) -> None:
    """Nothing that was found is forgotten, and nothing counts as ended that is still so."""
    found = made(snapshot, options)
    states = {verdict.violation.key: verdict.state for verdict in found.verdicts}
    assert {violation.key for violation in plan.judge(SCOPE, snapshot, options, {})} <= states.keys()
    still = {violation.key for violation in plan.judge(SCOPE, found.after, options, {})}
    assert {key for key, state in states.items() if state != "remedied"} == still
    assert found.steps or "remedied" not in states.values()


@EXAMPLES
@given(planted())
def test_a_service_alone(snapshot: Snapshot) -> None:
    """Only what belongs to the named service is changed, whatever else is wrong."""
    found = made(snapshot, replace(ENFORCE, services=("catalogue",)))
    services = {verdict.violation.key: verdict.violation.service for verdict in found.verdicts}
    assert {services.get(step.key, "catalogue") for step in found.steps} <= {"catalogue"}


def test_what_no_rule_explains_is_still_a_violation() -> None:
    state = replace(TIDY[18], model=TIDY[18].model.copy())
    state.model.put(Thing("loans", "comet", "halley"))
    found = made(state)
    assert [(verdict.violation.rule.id, verdict.violation.how_bad) for verdict in found.verdicts] == [
        ("world-unexplained", "high")
    ]
    assert found.steps == []
