"""A right that was taken is not taken from sessions that used it already: a run says so, and how to end them."""

from __future__ import annotations

from contextlib import closing

import pytest
from live.engine.neighborhood import Neighborhood

CLAIMS = {
    "its membership in postgres": ("GRANT postgres TO catalogue_web", "SET ROLE postgres"),
    "its membership in pg_read_all_data": ("GRANT pg_read_all_data TO catalogue_web", "SET ROLE pg_read_all_data"),
    "SUPERUSER": ("ALTER ROLE catalogue_web SUPERUSER", "SET SESSION AUTHORIZATION postgres"),
}


@pytest.mark.parametrize("lost", CLAIMS)
def test_who_became_another_stays_that_until_the_session_ends(library: Neighborhood, lost: str) -> None:
    given, become = CLAIMS[lost]
    library.sql(given)
    library.doors(opened=True)
    with closing(library.login("catalogue_web", "catalogue")) as session, session.cursor() as cursor:
        cursor.execute(become)
        session.commit()
        foretold, done = library.foretell(), library.enforce()
        cursor.execute("SELECT count(*) FROM pg_catalog.pg_class")  # the session works on, whatever it is
        (note,) = done["notes"]
        assert foretold["notes"] == [note] and f"role catalogue_web had sessions open when it lost {lost}" in note
        library.sql(note.partition("End them: ")[2])
        with pytest.raises(session.Error):
            cursor.execute("SELECT 1")
    assert library.enforce()["notes"] == []


def test_who_is_not_inside_is_not_told_of(library: Neighborhood) -> None:
    library.sql("GRANT postgres TO catalogue_web")
    assert library.enforce()["notes"] == []


@pytest.mark.parametrize(("stored", "whose"), [
    ("ALTER ROLE catalogue_web SET session_replication_role = replica", "of role catalogue_web"),
    ("ALTER DATABASE catalogue SET search_path = aside", "in database catalogue")])
def test_a_session_keeps_the_settings_that_it_began_with(library: Neighborhood, stored: str, whose: str) -> None:
    library.sql(stored)
    with closing(library.login("catalogue_web", "catalogue")) as session, session.cursor() as cursor:
        (note,) = library.enforce()["notes"]
        assert f"sessions {whose} that were open" in note
        cursor.execute("SELECT 'replica' = current_setting('session_replication_role')"
                       " OR 'aside' = current_setting('search_path')")
        assert cursor.fetchall() == [(True,)]
        library.sql(note.partition("End them: ")[2])
        with pytest.raises(session.Error):
            cursor.execute("SELECT 1")
    assert library.enforce()["notes"] == []
