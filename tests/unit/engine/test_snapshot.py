"""What a snapshot keeps of its model is never older than the model."""

from __future__ import annotations

from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog.snapshot import Snapshot
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.items import Role
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.model import Model

ADMIN, CLERK = Role("admin", superuser=True), Role("clerk")


def test_superusers_are_those_of_now() -> None:
    snapshot = Snapshot(Model([ADMIN, CLERK]))
    assert snapshot.superusers == {"admin"}
    snapshot.model.put(Role("clerk", superuser=True))
    assert snapshot.superusers == {"admin", "clerk"}
    snapshot.model.drop(ADMIN)
    assert snapshot.superusers == {"clerk"}
    snapshot.model = Model([ADMIN, CLERK])
    assert snapshot.superusers == {"admin"}
