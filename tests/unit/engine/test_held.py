"""What is held for a human, where several remedies depend on each other."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import plan
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog.snapshot import RowSecurity, Snapshot
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.items import Grant, Membership, Obj, Owner, Role, Thing
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.model import Item
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.plan import Options
from unit.engine.worlds import SCOPE, TIDY

BOOK = Obj("catalogue", "TABLE", "public", "book")
OWNER, WEB = SCOPE.places["catalogue"].owner, SCOPE.places["catalogue"].logins[0]
NEIGHBOUR = SCOPE.places["loans"].owner


def after(rules: RowSecurity | None, *planted: Item) -> Snapshot:
    """The library after a run, with row security on one table, and what was planted in it before."""
    model = TIDY[18].model.copy()
    for item in planted:
        model.put(item)
    state = replace(TIDY[18], model=model, row_security={BOOK: rules} if rules else {})
    done = plan.make(SCOPE, state, Options("enforce", ("safe",)), {}).after
    again = plan.make(SCOPE, done, Options("enforce", ("safe",)), {})
    assert again.steps == []
    return done


def tie(role: str, member: str) -> Membership:
    return Membership(role, member, "postgres")


def ties(state: Snapshot) -> set[tuple[str, str]]:
    """The memberships of who works on the table."""
    return {(one.role, one.member) for one in state.model.of(Membership).values() if one.member in (OWNER, WEB)}


def owner(state: Snapshot) -> str:
    return state.model.of(Owner)[(BOOK,)].owner


def test_two_groups_show_the_same_rows() -> None:
    both = (tie("one", WEB), tie("other", WEB))
    rules = RowSecurity(False, frozenset({"one", "other"}))
    assert ties(after(rules, Role("one"), Role("other"), *both)) == {("one", WEB), ("other", WEB)}
    assert ties(after(None, Role("one"), Role("other"), *both)) == set()


def test_a_group_within_a_group_shows_them() -> None:
    planted = (Role("inner"), Role("outer"), tie("outer", "inner"), tie("inner", WEB))
    assert ties(after(RowSecurity(True, frozenset({"outer"})), *planted)) == {("inner", WEB)}


def test_who_passes_by_the_new_owner_needs_the_old_one_no_longer() -> None:
    members = (tie("builder", WEB), tie(OWNER, WEB), tie("builder", OWNER))
    done = after(RowSecurity(False, frozenset()), Role("builder"), Owner(BOOK, "builder"), *members)
    assert owner(done) == OWNER
    assert ties(done) == {(OWNER, WEB)}


def test_a_policy_keeps_nobody_in_a_group_that_reaches_further() -> None:
    rules = RowSecurity(False, frozenset({"bridge"}))
    assert ties(after(rules, Role("bridge", createdb=True), tie("bridge", WEB))) == set()
    assert ties(after(RowSecurity(False, frozenset({NEIGHBOUR})), tie(NEIGHBOUR, WEB))) == set()


def test_who_passes_row_security_anyway_stays_in_no_group() -> None:
    rules = RowSecurity(False, frozenset({"desk"}))
    assert ties(after(rules, Role("desk"), tie("desk", OWNER))) == set()
    assert ties(after(replace(rules, forced=True), Role("desk"), tie("desk", OWNER))) == {("desk", OWNER)}


def test_the_owner_works_with_what_stays_anothers_for_a_function() -> None:
    runs = Thing("catalogue", "definer function", "public.count()", "builder")
    held = after(None, Role("builder"), Owner(BOOK, "builder"), runs)
    assert owner(held) == "builder"
    assert any(grant.grantee == OWNER and "INSERT" in grant.privileges for grant in held.model.near(Grant, BOOK))
    for reachable in ((Role("builder", login=True),), (Role("builder"), tie("builder", NEIGHBOUR)),
                      (Role("builder"), Role("inner"), Role("stranger", login=True), tie("builder", "inner"),
                       tie("inner", "stranger"))):
        assert owner(after(None, *reachable, Owner(BOOK, "builder"), runs)) == OWNER
