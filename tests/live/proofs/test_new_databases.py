"""A new database is entered by us once, and what was seen at the end of that visit is what is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import engine, face, order
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog.session import Server
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import SchemaFileError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.items import SchemaFile
from live.postgres import new_folder
from live.proofs.crowd import Crowd

SERVICES = 3
AROUND = 2  # the maintenance database, and template1, in which nothing can have changed


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    """A server with nothing in it."""
    cluster = Crowd(new_folder(), count=SERVICES)
    try:
        cluster.make()
        yield cluster
    finally:
        cluster.remove()


def server(crowd: Crowd) -> Server:
    """How a superuser gets in."""
    return Server({"host": str(crowd.folder), "port": crowd.port, "user": "postgres"}, "postgres")


def test_each_is_entered_once_and_seen_as_it_is(crowd: Crowd) -> None:
    entered, request = server(crowd), face.request(crowd.arguments())
    made = engine.enforce(entered, request)
    assert entered.opened == SERVICES + AROUND
    files = [step for step in made.plan.steps if isinstance(step.change.item, SchemaFile)]
    assert len(files) == SERVICES and {step.order[0] for step in files} == {order.INSIDE}
    assert made.plan.steps == sorted(made.plan.steps, key=lambda step: step.order)  # though two were worked on at a time
    found = engine.check(server(crowd), request)
    assert made.after.model == found.after.model
    assert (made.after.visited, made.after.builtins) == (found.after.visited, found.after.builtins)


def test_files_come_after_what_could_steer_their_session(crowd: Crowd) -> None:
    crowd.rows("CREATE ROLE owner_000 LOGIN SUPERUSER PASSWORD 'fake-000-Qm8zLw5vRt2xKp7y'")
    made = engine.enforce(server(crowd), face.request(crowd.arguments()))
    files = {step.database: step.order[0] for step in made.plan.steps if isinstance(step.change.item, SchemaFile)}
    assert files == {f"database_00{number}": order.FILES for number in range(SERVICES)}
    assert made.after.model == engine.check(server(crowd), face.request(crowd.arguments())).after.model


def test_one_that_fails_costs_the_others_nothing(crowd: Crowd) -> None:
    request = face.request(crowd.arguments())
    (right,) = request.sources["database_001"]
    wrong = replace(request, sources={**request.sources, "database_001": (replace(right, text="SELECT 1 / 0"),)})
    with pytest.raises(SchemaFileError, match="database_001.*division by zero") as told:
        engine.enforce(server(crowd), wrong)
    assert told.value.changed
    assert engine.enforce(server(crowd), request).changed
    assert not engine.enforce(server(crowd), request).changed
