"""A postmaster that is killed comes back by itself; one whose backend takes all memory stays."""

from __future__ import annotations

import time
from typing import Any

from hosts.matrix import major, sql
from hosts.power import memory

testinfra_hosts = ["ansible://thirteen", "ansible://twelve"]

MIB = 700  # of memory for the whole host
GREEDY = """SET work_mem = '8GB';
    SELECT count(*) FROM (SELECT repeat(md5(g::text), 40) FROM generate_series(1, 4000000) g ORDER BY 1) s"""


def postmaster(host: Any) -> int:
    """The postmaster's process."""
    return int(host.check_output(f"head -1 /var/lib/postgresql/{major(host)}/main/postmaster.pid"))


def answers(host: Any) -> bool:
    """Whether the server answers."""
    with host.sudo("postgres"):
        return bool(host.run("psql -X -At -c 'SELECT 1'").rc == 0)


def test_a_killed_postmaster_is_back_within_ten_seconds(host: Any) -> None:
    before = postmaster(host)
    host.check_output(f"kill -9 {before}")
    start = time.monotonic()
    while not answers(host) and time.monotonic() - start < 20:
        time.sleep(0.1)
    assert time.monotonic() - start < 10
    assert postmaster(host) != before
    assert int(host.check_output(f"systemctl show -P NRestarts postgresql@{major(host)}-main")) >= 1


def test_a_greedy_backend_is_ended_and_the_postmaster_goes_on(host: Any) -> None:
    before = postmaster(host)
    memory(host.backend.host, str(MIB))
    try:
        with host.sudo("postgres"):
            greedy = host.run("psql -X -At -c %s", GREEDY)
        assert greedy.rc != 0 and "server closed the connection" in greedy.stderr + greedy.stdout, greedy
    finally:
        memory(host.backend.host, "max")
    deadline = time.monotonic() + 30
    while not answers(host) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert sql(host, "SELECT 1") == "1"
    assert postmaster(host) == before
