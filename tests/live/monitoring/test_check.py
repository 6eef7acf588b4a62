"""The program `check` on a real server: it finds what the audit finds, without a secret, and changes nothing."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.monitoring import config
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.monitoring.session import ReadOnly
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.rules.secret import NEED_SECRETS
from live.engine.cases import rules, told
from live.engine.mess import plant_mess
from live.engine.neighborhood import SHELF, Neighborhood
from live.monitoring.programs import Program
from live.proofs.test_modes import NEXT_TRANSACTION

LEFT_OUT = {rule.id for rule in NEED_SECRETS}
# what a later session of the superuser would call if it looked names up as the database's owner wants
SHADOWS = """
CREATE FUNCTION public.planted(word text) RETURNS text LANGUAGE plpgsql AS $$
  BEGIN RAISE LOG 'planted code ran as %', current_user; RETURN word; END $$;
CREATE FUNCTION public.format_type(oid, integer) RETURNS text LANGUAGE sql AS $$ SELECT public.planted('a') $$;
CREATE FUNCTION public.pg_get_userbyid(oid) RETURNS text LANGUAGE sql AS $$ SELECT public.planted('b') $$;
CREATE FUNCTION public.pg_get_function_identity_arguments(oid) RETURNS text LANGUAGE sql AS $$ SELECT public.planted('c') $$;
CREATE FUNCTION public.equal(oid, oid) RETURNS boolean LANGUAGE sql AS $$ SELECT public.planted('d') IS NOT NULL $$;
CREATE OPERATOR public.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = public.equal);
CREATE VIEW public.pg_class AS SELECT public.planted('e') AS relname;
ALTER TABLE public.loan ENABLE ROW LEVEL SECURITY;
CREATE POLICY trap ON public.loan USING (public.planted('f') IS NOT NULL);
ALTER DATABASE loans SET search_path = public, pg_catalog;
ALTER DATABASE loans SET default_transaction_read_only = off;
ALTER DATABASE loans SET statement_timeout = '1ms';
"""


def written(library: Neighborhood, folder: Path) -> Program:
    """The program for a library."""
    program = Program("check", folder)
    sources = [{"path": source.path, "content": source.text} for found in library.sources.values() for source in found]
    servers = {**library.raw["servers"], SHELF: {**library.raw["servers"][SHELF]}}
    program.write(servers, library.raw["allocation"], SHELF, str(library.cluster.folder), "postgres", library.cluster.port,
                  sources)
    return program


@pytest.fixture
def check(library: Neighborhood, tmp_path: Path) -> Program:
    """The program, for the clean library."""
    library.doors(opened=False)
    return written(library, tmp_path)


def known_to_nobody(library: Neighborhood) -> list[str]:
    """The matrix's passwords, and the verifiers that the server stores."""
    verifiers = library.sql("SELECT rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL")
    assert len(verifiers) > 3
    return [*library.secrets.values(), *(verifier for (verifier,) in verifiers)]


def judged(result: dict[str, Any]) -> Counter[tuple[str, ...]]:
    """What allocation_info says of each rule that takes no secret."""
    return Counter((row["rule"], row["severity"], row["service"] or "", row["state"]) for row in result["violations"]
                   if row["rule"] not in LEFT_OUT)


def counted(check: Program) -> Counter[tuple[str, ...]]:
    """The same, as the metrics say."""
    found: Counter[tuple[str, ...]] = Counter()
    for row in check.samples():
        if row["name"] == "good_neighbor_violations":
            found[tuple(row["labels"][label] for label in ("rule", "severity", "service", "state"))] = int(row["value"])
    return found


def test_all_is_well(library: Neighborhood, check: Program) -> None:
    status, said = check.run()
    assert (status, said.splitlines()[0]) == (0, f"{SHELF}: compliant")
    assert check.value("compliant", server=SHELF) == 1 and not counted(check)
    assert abs((check.value("check_timestamp_seconds", server=SHELF) or 0) - time.time()) < 60
    assert {row["labels"]["rule"] for row in check.samples() if row["name"] == "good_neighbor_unchecked"} == LEFT_OUT
    assert check.metrics.stat().st_mode & 0o777 == 0o644
    assert not check.secrets(*known_to_nobody(library))


def test_what_it_finds_is_what_the_audit_finds(library: Neighborhood, check: Program) -> None:
    plant_mess(library)
    audit = library.check()
    status, said = check.run()
    assert status == 0 and len(judged(audit)) > 20
    assert counted(check) == judged(audit), told(audit)
    assert check.value("compliant") == 0
    new = [line for line in said.splitlines() if line.startswith("new: ")]
    assert len(new) == sum(judged(audit).values()) and "NOT COMPLIANT" in said
    library.sql("REVOKE CONNECT ON DATABASE loans FROM PUBLIC")
    said = check.run()[1]
    assert "new: " not in said and f"{len(new) - 1} violations as before, 1 ended" in said
    assert not check.secrets(*known_to_nobody(library), "fake-typed-by-somebody-3")


def test_what_takes_secrets_is_left_out_and_nothing_else(library: Neighborhood, check: Program) -> None:
    secrets = library.secrets
    quoted = {role: secret.replace("'", "''") for role, secret in secrets.items()}
    library.sql("ALTER ROLE loans_owner PASSWORD 'fake-typed-by-somebody-4'; ALTER ROLE loans_reader PASSWORD NULL")
    library.sql(f"ALTER ROLE catalogue_web PASSWORD '{quoted['loans_owner']}'")
    library.sql(f"COMMENT ON TABLE loan IS 'in case: {secrets['loans_reader']}'", "loans")
    audit = library.check()
    assert rules(audit) == {"secret-drift", "secret-missing", "secret-shared", "secret-exposed"}, told(audit)
    assert check.run()[0] == 0 and not counted(check)
    library.sql("ALTER ROLE catalogue_web VALID UNTIL '2020-02-02'; SET password_encryption = md5; "
                "ALTER ROLE loans_owner PASSWORD 'fake-typed-by-somebody-5'")
    check.run()
    assert {rule for rule, *_more in counted(check)} == {"secret-expired", "secret-weak-verifier"}


def test_it_writes_nothing_on_the_server(library: Neighborhood, check: Program) -> None:
    plant_mess(library)
    library.cluster.restart(wal_level="minimal", max_wal_senders="0", checkpoint_timeout="1h")
    check.run()  # the first to read a row notes on it that it is committed
    before = library.sql(NEXT_TRANSACTION)
    assert check.run()[0] == 0
    assert library.sql(NEXT_TRANSACTION) == before


@pytest.mark.parametrize("database", ["postgres", "loans"])
def test_its_sessions_can_change_nothing(library: Neighborhood, check: Program, database: str) -> None:
    for setting in ("default_transaction_read_only = off", "statement_timeout = 0"):
        library.sql(f"ALTER DATABASE loans SET {setting}")
    with ReadOnly(config.read(check.configuration)).cursor(database) as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchall() == [("1min",)]
        with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
            cursor.execute("CREATE TABLE public.made ()")


def test_nothing_that_an_owner_made_runs(library: Neighborhood, check: Program) -> None:
    library.sql(SHADOWS, "loans", "loans_owner")
    with closing(library.cluster.admin("loans", options="-c statement_timeout=0")) as session:
        session.cursor().execute("SELECT pg_get_userbyid(10)")
    ran = re.compile("planted code ran as postgres")
    assert len(ran.findall(library.cluster.log)) == 1  # in a session that is not armoured it would
    status, said = check.run()
    assert (status, len(ran.findall(library.cluster.log))) == (0, 1), said
    assert (check.value("violations", rule="setting-undeclared", service="loans") or 0) >= 1, said


@pytest.fixture
def stale(check: Program) -> Iterator[bytes]:
    """What the last check has left."""
    assert check.run()[0] == 0
    return check.metrics.read_bytes()


def test_killed_in_the_middle_of_a_write(library: Neighborhood, check: Program, stale: bytes) -> None:
    library.sql("GRANT CONNECT ON DATABASE loans TO PUBLIC")
    assert check.run(dying=True)[0] == -9
    assert check.metrics.read_bytes() == stale
    assert [path.name for path in check.metrics.parent.glob("*.prom")] == [check.metrics.name]
    assert check.run()[0] == 0 and check.value("violations", rule="database-public-connect") == 1


def test_the_server_is_away(library: Neighborhood, check: Program, stale: bytes) -> None:
    library.cluster.stop()
    status, said = check.run()
    assert status == 1 and said.startswith("not checked: cannot connect to database postgres"), said
    assert check.metrics.read_bytes() == stale


def test_the_disk_is_full(check: Program, stale: bytes) -> None:
    check.metrics.parent.joinpath(f".{check.metrics.name}.new").symlink_to("/dev/full")
    status, said = check.run()
    assert status == 1 and "the metrics cannot be written" in said, said
    assert check.metrics.read_bytes() == stale


def test_what_was_remembered_is_damaged(check: Program) -> None:
    (check.folder / "known.json").write_text("{")
    status, said = check.run()
    assert status == 0 and "it is damaged; everything counts as new" in said
    assert "damaged" not in check.run()[1]


def test_another_server_than_the_matrix_means(library: Neighborhood, tmp_path: Path) -> None:
    library.patch({"servers": {SHELF: {"system_identifier": "7000000000000000001"}}})
    program = written(library, tmp_path)
    status, said = program.run()
    assert status == 1 and "7000000000000000001" in said, said
    assert not program.metrics.exists()
