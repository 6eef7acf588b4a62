"""Restores and drills on the hosts of a scenario, as an operator starts them; and a service that goes on meanwhile."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from hosts.doors import knock
from hosts.matrix import logins, sql
from hosts.playbooks import Run, play

KEY = str(Path(os.environ["GN_HOSTS_RUN"]) / "operator.key")
SERVER = "voice-ninja.com"
_SESSION = """
import psycopg2, time
session = psycopg2.connect({parameters!r})
session.autocommit = True
cursor = session.cursor()
while True:
    cursor.execute('SELECT pg_backend_pid()')
    print(cursor.fetchone()[0], flush=True)
    time.sleep(0.05)
"""


def restore(service: str, *options: str, **variables: str) -> Run:
    """Restore a service's database; `variables` without their restore_."""
    given = {"service": service, "key_file": KEY, **variables}
    return play("restore", *options, "-e", json.dumps({f"restore_{name}": value for name, value in given.items()}))


def in_place(service: str, *options: str, **variables: str) -> Run:
    """Restore it in place of the live one, said twice."""
    return restore(service, *options, place="in_place", confirm=service, **variables)


def exceptions(*runs: Run) -> str:
    """The option that accepts what the restores have kept, with the lines that they printed, as an operator copies them."""
    found: list[Any] = []
    for run in runs:
        printed = run.text.split("write into good_neighbor_servers:\n", 1)[1].split("\n")[:6]
        found += yaml.safe_load("\n".join(printed))[SERVER]["exceptions"]
    return json.dumps({"good_neighbor_server_overrides": {SERVER: {"mode": "enforce", "exceptions": found}}})


def databases(host: Any) -> set[str]:
    """Names of all databases but the server's own."""
    own = "'postgres', 'template0', 'template1'"
    return set(sql(host, f"SELECT datname FROM pg_database WHERE datname NOT IN ({own})").split())


@contextmanager
def at_work(host: Any, role: str) -> Iterator[None]:
    """A service works in one session while the block runs: it must be the same one to the end, and still be working."""
    login = {login.role: login for login in logins()}[role]
    parameters = f"host=127.0.0.1 dbname={login.database} user={role} password={login.password}"
    script = base64.b64encode(_SESSION.format(parameters=parameters).encode()).decode()
    unit = f"at-work-{role.replace('_', '-')}"
    host.check_output(f"echo {script} | base64 -d > /run/{unit}.py")
    host.check_output(f"systemd-run -q --unit={unit} -p User=nobody -p StandardOutput=file:/run/{unit}.out "
                      f"python3 /run/{unit}.py")
    try:
        before = _beats(host, unit, 1)
        yield
        after = _beats(host, unit, len(before) + 20)
        assert len(set(after)) == 1, "its session ended"
    finally:
        host.run(f"systemctl stop {unit}")


def _beats(host: Any, unit: str, least: int) -> list[str]:
    """What its session has said, at least so often."""
    out = f"/run/{unit}.out"
    found: str = host.check_output(
        f"for n in $(seq 200); do [ $(wc -l < {out}) -ge {least} ] && break; sleep 0.05; done; cat {out}")
    assert len(found.split()) >= least, "the service does not work"
    return found.split()


def comes_in(host: Any, role: str) -> bool:
    """Whether a login of the matrix comes in from its host."""
    login = {login.role: login for login in logins()}[role]
    own = {"host": "127.0.0.1", "user": role, "dbname": login.database, "password": login.password}
    return "role" in knock(host, [own])[0]


def asked(host: Any, query: str) -> str:
    """What Bob GPT is answered, who connects with what stands in his settings file and with nothing else."""
    script = ("import psycopg2; exec(open('/etc/bob-gpt/database.py').read()); "
              f"cursor = psycopg2.connect(**DATABASE).cursor(); cursor.execute({query!r}); print(cursor.fetchone()[0])")
    text = base64.b64encode(script.encode()).decode()
    answer: str = host.check_output(f"python3 -c \"$(echo {text} | base64 -d)\"")
    return answer
