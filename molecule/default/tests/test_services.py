"""What the services have: settings files that work, one database each, and no way into another's."""

from __future__ import annotations

from typing import Any

import pytest
from hosts.doors import knock
from hosts.matrix import DATABASES, logins, sql, variables

testinfra_hosts = ["ansible://good_neighbor"]

# how each service reads its own file, as its account would
PYTHON = """exec(open('/etc/bob-gpt/database.py').read())
print(*(DATABASE[key] for key in ('host', 'port', 'database', 'user', 'password')))"""
URL = """from urllib.parse import urlsplit
url = urlsplit(open('/etc/bbworlds-api/database.env').read().split('=', 1)[1].strip().strip(chr(34) + chr(39)))
print(url.hostname, url.port, url.path[1:], url.username, url.password)"""
READERS = {
    "bob_gpt": f'python3 -c "{PYTHON}"',
    "nexus": "sh -c '. /etc/nexus/database.env; echo $DB_HOST $DB_PORT $DB_NAME $DB_USER $DB_PASSWORD'",
    "bbworlds_api": f'python3 -c "{URL}"',
}
OWN = {
    "bob_gpt": ("voice_ninja_user", "voice_ninja"),
    "nexus": ("nexus_user", "bbworlds_nexus"),
    "bbworlds_api": ("world_user", "bbworlds_world"),
}
WRONG = "wrong-password-0000"
WAYS = ("/var/run/postgresql", "127.0.0.1", "::1")


@pytest.mark.parametrize("service", sorted(OWN))
def test_a_service_logs_in_with_its_settings_file(host: Any, service: str) -> None:
    place, port, database, user, password = host.check_output(READERS[service]).split()
    answer = knock(host, [{"host": place, "port": int(port), "dbname": database, "user": user, "password": password}])[0]
    assert (answer.get("role"), answer.get("database")) == OWN[service], answer


def test_each_login_opens_its_own_door_and_no_other(host: Any) -> None:
    attempts = [
        {"host": way, "dbname": database, "user": login.role, "password": password}
        for login in logins() for database in DATABASES for way in WAYS for password in (login.password, WRONG)
    ]
    right = {login.role: login for login in logins()}
    answers = knock(host, attempts)
    wrong = [
        (attempt, answer) for attempt, answer in zip(attempts, answers)
        if ("refused" not in answer) != (
            attempt["dbname"] == right[attempt["user"]].database and attempt["password"] == right[attempt["user"]].password)
    ]
    assert wrong == []
    assert sum("refused" not in answer for answer in answers) == 4 * len(WAYS)


@pytest.mark.parametrize(("privileges", "held"), [("SELECT", "t"), ("INSERT, UPDATE, DELETE, TRUNCATE", "f")])
def test_a_reader_reads_and_does_not_write(host: Any, privileges: str, held: str) -> None:
    statement = f"""SELECT DISTINCT has_table_privilege('voice_ninja_analytics', oid, '{privileges}') FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"""
    assert sql(host, statement, "voice_ninja") == held


@pytest.mark.parametrize(("database", "tables"), [("voice_ninja", 9), ("bbworlds_nexus", 13), ("bbworlds_world", 6)])
def test_its_tables_are_there(host: Any, database: str, tables: int) -> None:
    found = sql(host, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", database)
    assert int(found) >= tables


def test_no_secret_lies_about(host: Any) -> None:
    secrets = [value for name, value in variables().items() if name.startswith("vault_")]
    assert len(secrets) >= 5
    words = " ".join(f"-e {secret}" for secret in secrets)
    places = "/etc /root /home /opt /srv /tmp /var /run"
    found = host.check_output(f"grep -rlsF {words} {places} --exclude-dir=archives || true")
    assert sorted(found.splitlines()) == [
        "/etc/bbworlds-api/database.env", "/etc/bob-gpt/database.py", "/etc/nexus/database.env"]
