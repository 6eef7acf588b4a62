"""The order of a plan: give before take, and it makes the same of the model as the order in which it was found."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import order, plan, simulate, sql
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog.links import connected
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog.snapshot import Snapshot
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.items import (
    PUBLIC, Database, Grant, Membership, Obj, Owner, Role, SchemaFile, Setting)
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.model import Change
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.order import Step
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.plan import Options
from hypothesis import given
from unit.engine.test_plan import ENFORCE, EXAMPLES, made
from unit.engine.worlds import SCOPE, TIDY, planted

LOAN, SLIP = Obj("loans", "TABLE", "public", "loan"), Obj("loans", "TABLE", "public", "return_slip")
KEY = ("rule", "", "", "")


@EXAMPLES
@given(planted())
def test_the_order_makes_the_same_of_the_server(snapshot: Snapshot) -> None:
    found = made(snapshot)
    state = replace(snapshot, model=snapshot.model.copy())
    for step in found.steps:
        simulate.apply(step.change, state)
    assert {item for item in state.model if not isinstance(item, SchemaFile)} == {
        item for item in found.after.model if not isinstance(item, SchemaFile)}


@EXAMPLES
@given(planted())
def test_nothing_is_given_once_something_was_taken(snapshot: Snapshot) -> None:
    """Within a service's databases and roles; what new owners' objects give comes with their owner."""
    steps = made(snapshot).steps
    first = next((number for number, step in enumerate(steps) if step.order[0] >= order.SHARED_TAKES), len(steps))
    for number, step in enumerate(steps):
        assert number < first or order.takes(step.change) or step.order[0] > order.SHARED_TAKES, step
        if step.order[2] == order.TAKES:
            later = [other for other in steps[number:] if other.database == step.database and other.order[2] == order.GIVES]
            assert not later, (step, later)


def texts(*changes: Change, options: Options = ENFORCE) -> list[str]:
    """The statements of a plan for the tidy library with these differences undone."""
    state = replace(TIDY[18], model=TIDY[18].model.copy())
    for change in changes:
        simulate.apply(change, state)
    return [text for step in plan.make(SCOPE, state, options, {}).steps for text in sql.render(step.change, 18)]


def test_readers_get_their_own_before_public_loses_it() -> None:
    mine = TIDY[18].model.of(Grant)[LOAN, "", "loans_reader", "loans_owner"]
    loans = Obj("", "DATABASE", "", "loans")
    enter = TIDY[18].model.of(Grant)[loans, "", "loans_reader", "loans_owner"]
    found = texts(Change(mine, None), Change(None, replace(mine, grantee=PUBLIC)),
                  Change(enter, None), Change(None, replace(enter, grantee=PUBLIC)),
                  Change(None, Membership("loans_owner", "loans_reader", "postgres")))
    assert found == [
        'GRANT CONNECT ON DATABASE "loans" TO "loans_reader"',
        'GRANT SELECT ON TABLE "public"."loan" TO "loans_reader"',
        'REVOKE SELECT ON TABLE "public"."loan" FROM PUBLIC',
        'REVOKE "loans_owner" FROM "loans_reader" GRANTED BY "postgres" CASCADE',
        'REVOKE CONNECT ON DATABASE "loans" FROM PUBLIC',
    ]


def test_what_is_shared_is_taken_last() -> None:
    role = TIDY[18].model.of(Role)["catalogue_web",]
    owner = TIDY[18].model.of(Database)["catalogue",]
    found = texts(Change(role, replace(role, superuser=True)), Change(owner, replace(owner, owner="catalogue_web")),
                  Change(None, Setting("", "catalogue_web", "role", "catalogue_owner")))
    assert found[0].startswith('ALTER DATABASE "catalogue" OWNER TO'), found
    assert found[-2:] == ['ALTER ROLE "catalogue_web" NOSUPERUSER', 'ALTER ROLE "catalogue_web" RESET "role"']


def owner_step(obj: Obj, old: str, new: str = "loans_owner") -> Step:
    """A change of owner."""
    change = Change(Owner(obj, old), Owner(obj, new))
    return Step(change, obj.database, ("owner-object", obj.database, old, obj.text), 0, frozenset({obj}),
                order=(order.INSIDE, obj.database, order.OWNERS))


def test_what_was_left_holds_back_what_would_hurt() -> None:
    left = owner_step(LOAN, "helpers")
    taken = [
        (Change(Grant(LOAN, "", "stranger", "helpers", ("SELECT",)), None), True),  # the same table
        (Change(Grant(SLIP, "", "helpers", "loans_owner", ("SELECT",)), None), True),  # its owner, for views of his
        (Change(Grant(SLIP, "", PUBLIC, "loans_owner", ("SELECT",)), None), True),  # he is in it
        (Change(Grant(SLIP, "", "stranger", "loans_owner", ("SELECT",)), None), True),  # he may be in it
        (Change(Grant(SLIP, "", "loans_reader", "loans_owner", ("INSERT",)), None), True),
        (Change(Grant(SLIP, "", "catalogue_web", "loans_owner", ("SELECT",)), None), False),  # another service's
        (Change(Grant(replace(SLIP, database="catalogue"), "", PUBLIC, "catalogue_owner", ("SELECT",)), None), False),
        (Change(Membership("helpers", "loans_reader", "postgres"), None), True),  # the service's
        (Change(Role("helpers", superuser=True), Role("helpers")), True),
        (Change(Membership("helpers", "catalogue_web", "postgres"), None), False),
        (Change(Setting("loans", "", "search_path", "x"), None), True),
        (Change(Setting("catalogue", "", "search_path", "x"), None), False),
    ]
    for change, waits in taken:
        step = Step(change, order.where(change.item), KEY, 0, order=(order.SHARED_TAKES, "", order.TAKES))
        assert (order.waits_for(step, [left], SCOPE) is left) == waits, change
    step = Step(taken[1][0], "loans", KEY, 0, order=(order.INSIDE, "loans", order.TAKES))
    assert order.waits_for(step, [owner_step(LOAN, SCOPE.bootstrap)], SCOPE) is None  # a superuser needs no right
    gives = Step(Change(None, Grant(LOAN, "", "loans_reader", "loans_owner", ("SELECT",))), "loans", KEY, 0)
    assert order.waits_for(gives, [left], SCOPE) is None


def test_what_does_not_need_each_other_is_parted() -> None:
    view = Obj("loans", "VIEW", "public", "overdue")
    other = Obj("loans", "TABLE", "public", "shelf")
    steps = [owner_step(obj, "postgres") for obj in (LOAN, SLIP, view, other)]
    read = Step(Change(None, Grant(other, "", "loans_reader", "loans_owner", ("SELECT",))), "loans", KEY, 1)
    links = [(("public", "overdue"), ("public", "between")), (("public", "between"), ("public", "loan"))]
    found = connected([*steps, read], links)
    assert sorted(len(group) for group in found) == [1, 2, 2]
    assert [steps[0], steps[2]] in found
    assert [steps[3], read] in found


def test_a_schema_goes_with_what_lies_in_it() -> None:
    schema, other = Obj("loans", "SCHEMA", "", "annex"), Obj("loans", "SCHEMA", "", "cellar")
    inside, apart = Obj("loans", "TABLE", "annex", "shelf"), Obj("loans", "TABLE", "attic", "shelf")
    steps = [owner_step(obj, "postgres") for obj in (schema, other, apart, inside)]
    assert connected(steps, [], schemas=True) == [[steps[0], steps[3]], [steps[1]], [steps[2]]]
    assert connected(steps, []) == [[step] for step in steps]
