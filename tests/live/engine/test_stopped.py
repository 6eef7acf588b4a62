"""Settings of the whole server that stop every service: told from the files, and no run waits with them."""

from __future__ import annotations

from contextlib import closing

import psycopg2
import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import ServerError
from live.engine.cases import states, told
from live.engine.neighborhood import Neighborhood
from live.postgres import major


@pytest.mark.parametrize("value", ["20", "20ms", "0.02s", "99000us"])
def test_a_time_in_which_nothing_ends(library: Neighborhood, value: str) -> None:
    with (closing(library.cluster.admin(options=f"-c statement_timeout={value}")) as session,
          pytest.raises(psycopg2.errors.QueryCanceled)):
        session.cursor().execute("SELECT pg_sleep(1)")
    library.sql(f"ALTER SYSTEM SET statement_timeout = '{value}'")
    found = library.check()
    assert [(one["rule"], one["object"], one["severity"]) for one in states(found)] == [
        ("setting-server", "statement_timeout", "high")], told(found)


STOPS = [("idle_session_timeout", "200ms"), ("idle_in_transaction_session_timeout", "20"), ("search_path", "$user"),
         ("search_path", '"$user", public')] + [("transaction_timeout", "60ms")] * (major() >= 17)


@pytest.mark.parametrize(("name", "value"), STOPS)
def test_what_ends_sessions_or_hides_tables(library: Neighborhood, name: str, value: str) -> None:
    with library.cursor() as cursor:
        cursor.execute(f"ALTER SYSTEM SET {name} = %s", (value,))
        cursor.execute("SELECT pg_reload_conf()")
    found = library.check()
    assert [(one["rule"], one["object"], one["severity"]) for one in states(found)] == [
        ("setting-server", name, "high")], told(found)


@pytest.mark.parametrize("value", ["0", "100", "100ms", "1s", "30s", "0.5min"])
def test_a_time_that_guards(library: Neighborhood, value: str) -> None:
    library.sql(f"ALTER SYSTEM SET statement_timeout = '{value}'")
    assert library.check()["violations"] == []


def test_no_run_waits_for_a_standby_that_is_not_there(library: Neighborhood) -> None:
    library.sql("GRANT CONNECT ON DATABASE loans TO PUBLIC")
    library.sql("ALTER SYSTEM SET synchronous_standby_names = 'elsewhere'")
    library.sql("SELECT pg_reload_conf()")
    before = library.sql("SELECT datname, datacl::text FROM pg_database ORDER BY 1")
    assert "a real run would refuse" in library.foretell()["notes"][0]
    with pytest.raises(ServerError, match="every commit waits"):
        library.enforce()
    assert library.sql("SELECT datname, datacl::text FROM pg_database ORDER BY 1") == before
    library.sql("ALTER SYSTEM RESET synchronous_standby_names")
    library.sql("SELECT pg_reload_conf()")
    assert library.enforce()["compliant"]
