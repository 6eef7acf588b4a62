"""A run that would change something refuses before its first statement where it must not, and names all reasons at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import preflight
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import ServerError
from live.engine.cases import rules
from live.engine.neighborhood import Neighborhood

DRIFT = "GRANT CONNECT ON DATABASE loans TO PUBLIC"


def test_all_reasons_at_once(library: Neighborhood, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library.sql(DRIFT)
    library.sql("ALTER SYSTEM SET default_transaction_read_only = on")
    library.sql("SELECT pg_reload_conf()")
    library.patch({"servers": {"shelf.example": {"system_identifier": "7400000000000000001"}}})
    monkeypatch.setattr(preflight, "_needed", lambda steps, segment: 2**60)
    before = facts_of_superuser(library)
    with pytest.raises(ServerError) as refused:
        library.enforce(undo_file=str(tmp_path / "missing" / "undo.sql"))
    said = str(refused.value)
    for words in ("nothing was changed", "its system identifier is", "read-only", f"file system of {library.cluster.data}",
                  "undo file", "No such file"):
        assert words in said, said
    assert said.count("\n- ") >= 4
    assert facts_of_superuser(library) == before


def facts_of_superuser(library: Neighborhood) -> object:
    return library.sql("SELECT datname, datacl::text FROM pg_database ORDER BY 1")


def test_a_server_that_somebody_froze(library: Neighborhood) -> None:
    library.sql(DRIFT)
    library.cluster.restart(default_transaction_read_only="on")
    assert "a real run would refuse: this server is read-only" in library.foretell()["notes"][0]
    with pytest.raises(ServerError, match="read-only"):
        library.enforce()
    assert rules(library.check()) == {"database-public-connect", "setting-server"}
    library.cluster.restart(default_transaction_read_only="off")
    assert library.enforce()["compliant"]


def test_what_an_owner_stored_freezes_nothing(library: Neighborhood) -> None:
    library.sql(DRIFT)
    wheres = ("DATABASE postgres", "DATABASE loans", "ROLE postgres")
    library.sql(";".join(f"ALTER {where} SET default_transaction_read_only = on" for where in wheres))
    done = library.enforce()
    assert rules(done) <= {"setting-undeclared"}
    assert rules(done, "remedied") >= {"database-public-connect", "setting-undeclared"}


def test_a_standby(library: Neighborhood) -> None:
    library.sql(DRIFT)
    (library.cluster.data / "standby.signal").touch()
    library.cluster.restart(hot_standby="on")
    assert rules(library.check()) == {"database-public-connect"}
    with pytest.raises(ServerError, match="is a standby"):
        library.enforce()
    (library.cluster.data / "standby.signal").unlink()
    library.cluster.restart()
    assert library.enforce()["compliant"]


def test_a_run_with_nothing_to_do_needs_nothing(library: Neighborhood, tmp_path: Path) -> None:
    library.cluster.restart(default_transaction_read_only="on")
    assert not library.enforce(undo_file=str(tmp_path / "missing" / "undo.sql"))["changed"]
    assert list(tmp_path.iterdir()) == []


def test_the_probe_leaves_the_last_undo_file_alone(library: Neighborhood, tmp_path: Path) -> None:
    path = tmp_path / "undo.sql"
    path.write_text("the last run's")
    library.sql(DRIFT)
    library.cluster.restart(default_transaction_read_only="on")
    with pytest.raises(ServerError, match="read-only"):
        library.enforce(undo_file=str(path))
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("undo.sql", "the last run's")]


def test_what_lies_in_the_way_of_the_undo_file_is_not_followed(library: Neighborhood, tmp_path: Path) -> None:
    """A link that somebody put where the file is written first: what it points at stays as it is."""
    victim, path = tmp_path / "victim", tmp_path / "undo.sql"
    victim.write_text("precious")
    os.symlink(victim, f"{path}.new")
    library.sql(DRIFT)
    assert library.enforce(undo_file=str(path))["changed"]
    assert victim.read_text() == "precious"
    assert path.stat().st_mode & 0o777 == 0o600
