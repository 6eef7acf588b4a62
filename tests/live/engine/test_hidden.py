"""What is kept back on purpose: passwords that the matrix came without, secrets in stored settings, one's own way in."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import engine, result
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.parse import parse
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.plan import Options
from live.engine.cases import rules, states, told
from live.engine.neighborhood import SHELF, Neighborhood

TOKEN = "fake-token-of-somebody-9"


def without_secrets(raw: dict[str, Any]) -> dict[str, Any]:
    """The matrix as a server that checks itself has it."""
    bare = copy.deepcopy(raw)
    for row in bare["allocation"]:
        for part in (row, *row.get("logins", ()), *row.get("readers", ())):
            part.pop("password", None)
    return bare


def check(library: Neighborhood, *, withheld: bool) -> dict[str, Any]:
    bare = without_secrets(library.raw)
    matrix = parse(bare["servers"], bare["allocation"], secrets_withheld=True)
    options = Options("audit", withheld=withheld)
    return result.of(engine.check(library.server(), engine.Request(matrix, SHELF, options, library.sources)))


def test_what_needs_secrets_is_no_part_of_the_verdict(library: Neighborhood) -> None:
    library.sql("ALTER ROLE loans_reader PASSWORD 'fake-typed-by-somebody-1'")
    found = check(library, withheld=True)
    assert (found["violations"], found["compliant"]) == ([], True), told(found)
    assert rules(check(library, withheld=False)) == {"secret-unmanaged"}
    library.sql("ALTER ROLE loans_reader PASSWORD NULL; GRANT CONNECT ON DATABASE loans TO PUBLIC")
    assert "database-public-connect" in rules(check(library, withheld=True))


def test_secrets_in_stored_settings_stay_hidden(library: Neighborhood, tmp_path: Path) -> None:
    library.sql(f"ALTER DATABASE loans SET app.api = '{TOKEN}'")
    library.sql(f"ALTER ROLE loans_reader SET search_path = 'postgresql://a:{TOKEN}@bank.example/x'")
    undo = tmp_path / "undo.sql"
    said = [library.check(), library.foretell(), library.enforce(undo_file=str(undo))]
    assert rules(said[0]) == {"setting-undeclared"} == rules(said[2], "remedied")
    assert TOKEN not in json.dumps(said)
    assert undo.read_text().count(TOKEN) == 2  # what takes it back needs them, and is for the operator's eyes only
    assert undo.stat().st_mode & 0o077 == 0


def test_nobody_locks_himself_out(library: Neighborhood) -> None:
    chief = {"role": "chief", "purpose": "the administrator", "attributes": []}
    watcher = library.raw["servers"][SHELF]["system_roles"][0]
    library.patch({"servers": {SHELF: {"system_roles": [watcher, chief]}}})
    library.sql("CREATE ROLE chief LOGIN SUPERUSER PASSWORD 'fake-of-a-chief-1'")
    library.doors(opened=True)
    server = library.server(host="127.0.0.1", user="chief", password="fake-of-a-chief-1")
    done = result.of(engine.enforce(server, library.request()))
    assert library.sql("SELECT rolsuper, rolcanlogin FROM pg_roles WHERE rolname = 'chief'") == [(True, True)]
    mine = [violation for violation in states(done) if violation["role"] == "chief"]
    assert {(violation["rule"], violation["remedy_kind"]) for violation in mine} == {
        ("role-attribute", "manual"), ("role-login", "manual")}
    assert all("you are connected as it" in violation["message"] for violation in mine)
    again = library.enforce()  # by another superuser
    assert not [violation for violation in states(again) if violation["role"] == "chief"], told(again)
