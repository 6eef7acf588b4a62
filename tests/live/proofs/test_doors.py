"""With a service's settings its own database opens, and no other."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import psycopg2
import pytest
from live.proofs.doors import DOORS, HOME, NO_DOOR, NOT_YOURS, client, dotenv, password, psql, refusal
from live.proofs.house import STRANGER, House

OPEN_DOORS = ("local all all scram-sha-256", "host all all 127.0.0.0/8 scram-sha-256")


def test_the_settings_file_of_nexus_opens_its_database_and_no_other(tidy: House) -> None:
    path = tidy.settings_folder / "nexus" / "database.env"
    settings = dotenv(path)
    with closing(client(settings)) as session, session.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM users")
        assert cursor.fetchall() == [(0,)]
        cursor.execute("CREATE TABLE made_by_nexus AS SELECT current_database() AS here, current_user AS me")
        cursor.execute("SELECT * FROM made_by_nexus")
        assert cursor.fetchall() == [("bbworlds_nexus", "nexus_user")]
    assert psql(path, "-c", "SELECT current_database(), current_user").stdout == "bbworlds_nexus|nexus_user\n"

    for told in (NO_DOOR, NOT_YOURS):
        for door in set(DOORS) - {"bbworlds_nexus"}:
            with pytest.raises(psycopg2.OperationalError, match=told):
                client(settings, door)
            refused = psql(path, "-d", door, "-c", "SELECT 1")
            assert (refused.returncode, refused.stdout) == (2, "") and told in refused.stderr
        tidy.access(OPEN_DOORS)  # and then the databases themselves keep it out


def test_each_file_holds_its_own_secret_and_nobody_elses(tidy: House) -> None:
    found = {
        path.parent.name: {role for role in HOME if written(path, role)}
        for path in tidy.settings_folder.glob("*/database.*")
    }
    assert found == {"nexus": {"nexus_user"}, "bob-gpt": {"voice_ninja_user"}, "bbworlds-api": {"world_user"}}
    for service, database in (("bob-gpt", "voice_ninja"), ("nexus", "bbworlds_nexus"), ("bbworlds-api", "bbworlds_world")):
        path = next((tidy.settings_folder / service).iterdir())
        assert psql(path, "-c", "SELECT current_database()").stdout == f"{database}\n"
        assert path.stat().st_mode & 0o777 == 0o640


def written(path: Path, role: str) -> bool:
    """Whether a settings file holds a role's secret, as it is or as a URL writes it."""
    text = path.read_text()
    return password(role) in text or quote(password(role), safe="") in text or repr(password(role)) in text


@pytest.mark.parametrize("opened", [False, True], ids=["pg_hba.conf of the matrix", "every door open"])
def test_nobody_enters_where_he_does_not_live(tidy: House, opened: bool) -> None:
    if opened:
        tidy.access(OPEN_DOORS)
    told = NOT_YOURS if opened else NO_DOOR
    for role, home in HOME.items():
        for network in (False, True):
            assert refusal(tidy, role, home, network=network) == ""
            for door in set(DOORS) - {home}:
                assert told in refusal(tidy, role, door, network=network), f"{role} at {door}"
    for door in DOORS:
        with pytest.raises(psycopg2.OperationalError, match=NOT_YOURS):
            tidy.enter(*STRANGER, door)
