"""What the module has written is right in the engine's eyes, and what it says of TLS is said by both."""

from __future__ import annotations

from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import engine
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog.session import Server
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.plan import Options

from .conftest import SERVER, Inn, matrix, wanted


def judged(inn: Inn, address: str = "local") -> list[tuple[str, str]]:
    """Rules of the family access that the engine calls broken, and what it says."""
    server = Server({"host": str(inn.cluster.folder), "port": inn.cluster.port, "user": "postgres"}, "postgres")
    request = engine.Request(matrix(address=address), SERVER, Options("audit", (), (), (), "2026-01-01"))
    verdicts = engine.check(server, request).verdicts
    return [(one.violation.rule.id, one.violation.message) for one in verdicts
            if one.violation.rule.id.startswith("access-")]


def test_the_engine_finds_nothing_wrong(inn: Inn) -> None:
    assert judged(inn) != []
    assert inn.run()["changed"]
    assert judged(inn) == []


def test_a_line_that_only_tls_would_open_is_missing_not_broken(inn: Inn) -> None:
    assert inn.run(**wanted(address="10.4.0.0/16"))["changed"]
    found = judged(inn, "10.4.0.0/16")
    assert [rule for rule, _says in found] == ["access-missing", "access-missing"]
    assert all("lets nobody in (hostssl record cannot match because SSL is" in says for _rule, says in found)
