"""kill -9 of the process that applies schema files, at every step and at random moments: each file is applied once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema as engine
import pytest
from live.embedded import Server
from live.schema.conftest import Place, drop_place, make_place, until

APPLIER = Path(__file__).with_name("applier.py")
COLLECTIONS = str(Path(next(iter(engine.__path__))).parents[5])
RANDOM_KILLS = 8


def start(place: Place, path: str, text: str, die_before: int | None = None) -> subprocess.Popen[str]:
    """The process, about to apply a file."""
    process = subprocess.Popen(
        [sys.executable, str(APPLIER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": COLLECTIONS},
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps({
        "host": place.server.host, "database": place.database, "admin_password": place.server.password,
        "owner": place.owner, "password": place.password, "path": path, "text": text, "die_before": die_before,
    }))
    process.stdin.close()
    process.stdin = None
    return process


def finish(process: subprocess.Popen[str]) -> dict[str, Any] | None:
    """What it printed; None where it was killed."""
    out, err = process.communicate(timeout=60)
    if process.returncode == -signal.SIGKILL:
        return None
    assert process.returncode == 0, err
    return dict(json.loads(out))


def proof(path: str, *, sleep: float = 0.0) -> str:
    """A file that can run twice, and shows it."""
    return f"CREATE TABLE IF NOT EXISTS runs (path text);\nSELECT pg_sleep({sleep});\nINSERT INTO runs VALUES ('{path}');"


def check(place: Place, paths: list[str]) -> None:
    """Each file once, all recorded, no login left, no session left."""
    assert sorted(place.query("SELECT path FROM public.runs")) == sorted((path,) for path in paths)
    assert sorted(place.files()) == sorted((path, "applied") for path in paths)
    login = place.password is not None
    assert place.query("SELECT rolcanlogin, rolpassword IS NOT NULL FROM pg_authid WHERE rolname = %s", place.owner) == [
        (login, login)]


@pytest.mark.parametrize("login", [True, False], ids=["own password", "one-time login"])
def test_killed_before_every_step(server: Server, login: bool) -> None:
    place = make_place(server, login=login)
    paths: list[str] = []
    killed = True
    while killed:
        path = f"schemas/{len(paths)}.sql"
        killed = finish(start(place, path, proof(path), die_before=len(paths))) is None
        assert len(paths) < 60
        assert place.apply(proof(path), path) is False or killed
        paths.append(path)
    assert len(paths) > 15  # as many steps as an application takes
    check(place, paths)
    drop_place(place)


def test_killed_at_random_moments(place: Place) -> None:
    chance = random.Random()
    paths = [f"schemas/{number}.sql" for number in range(RANDOM_KILLS)]
    started = time.monotonic()
    assert finish(start(place, "schemas/measure.sql", proof("schemas/measure.sql"))) is not None
    length = time.monotonic() - started + 0.1
    for path in paths:
        process = start(place, path, proof(path, sleep=0.1))
        time.sleep(chance.uniform(0.3, 1.0) * length)
        process.kill()
        finish(process)
        place.apply(proof(path, sleep=0.1), path)
    check(place, [*paths, "schemas/measure.sql"])


def test_a_long_statement_ends_with_its_killed_controller(place: Place) -> None:
    process = start(place, "schemas/a.sql", "CREATE TABLE a ();\nSELECT pg_sleep(600);")
    until(lambda: place.query("SELECT 1 FROM pg_stat_activity WHERE usename = %s AND query ~ 'sleep'", place.owner))
    process.kill()
    finish(process)
    assert place.apply("CREATE TABLE a ();")
