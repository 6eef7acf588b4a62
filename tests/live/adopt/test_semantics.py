"""The draft of a server that is right already is the matrix that it was made from, but for what only people know."""

from __future__ import annotations

from dataclasses import asdict, replace

from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.parse import parse
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.types import ACTIVE, Allocation, ServerSpec
from live.adopt.drafts import connection, drafted
from live.engine.neighborhood import SHELF, Neighborhood
from live.proofs.house import SERVER, STRANGER, SUPERUSER, House


def without_people(row: Allocation) -> Allocation:
    """The row without what a server cannot tell."""
    readers = tuple(replace(reader, password=None) for reader in row.readers)
    logins = tuple(replace(login, password=None) for login in row.logins)
    # publications are what a row may publish, not what is there
    return replace(
        row,
        publications=(),
        service="",
        title="",
        purpose="",
        password=None,
        logins=logins,
        readers=readers,
        backup=None,
        service_port=None,
        latency_target_ms=None,
        client_pool=None,
        env_files=(),
        schema_files=(),
        tables=tuple(sorted(row.tables)),
        extensions=tuple(sorted(row.extensions)),
    )


def of_server(spec: ServerSpec) -> ServerSpec:
    """The entry without what is not the server's own."""
    return replace(
        spec,
        mode="",
        system_identifier="",
        exceptions=(),
        system_roles=tuple(sorted((role for role in spec.system_roles if role.use), key=lambda role: role.role)),
    )


def test_the_sandbox(tidy: House) -> None:
    draft = drafted(tidy, server=connection(tidy, password=SUPERUSER), name=SERVER)
    known = parse(tidy.servers(), tidy.allocation())
    wanted = {row.database: without_people(row) for row in known.on(SERVER) if row.status == ACTIVE}
    assert {row.database: without_people(row) for row in draft.matrix.rows} == wanted
    found, there = of_server(draft.matrix.server(SERVER)), of_server(known.server(SERVER))
    # system roles are made by who needs them; this house listens at localhost too, which the sandbox does not
    there = replace(there, system_roles=(), client_host="localhost")
    assert replace(found, hba=()) == replace(there, hba=())
    assert found.hba == there.hba[:1]
    assert draft.result["draft"]["homeless"] == [STRANGER[0]]
    # the databases' limits hold the share of gn_monitor and gn_backup, who are not there yet
    assert draft.rules == {"role-unallocated", "access-undeclared", "limit-database"}


def test_the_library(library: Neighborhood) -> None:
    draft = drafted(library.cluster, name=SHELF)
    known = library.matrix
    wanted = {row.database: without_people(row) for row in known.on(SHELF) if row.status == ACTIVE}
    found = {row.database: without_people(row) for row in draft.matrix.rows}
    for name, row in wanted.items():
        assert asdict(found[name]) == asdict(row)
    assert set(found) - set(wanted) == {"old_letters"}  # a retired one looks like any other
    assert of_server(draft.matrix.server(SHELF)) == replace(of_server(known.server(SHELF)), port=library.cluster.port)
