"""The server as it runs: what it was asked to live by is read back from it, and from the host."""

from __future__ import annotations

from typing import Any

import pytest
from hosts.matrix import major, sql

testinfra_hosts = ["ansible://good_neighbor"]

SETTINGS = {
    "max_connections": "150", "password_encryption": "scram-sha-256", "data_checksums": "on", "server_encoding": "UTF8",
    "ssl": "on", "ssl_min_protocol_version": "TLSv1.3", "log_min_duration_statement": "100ms",
    "log_parameter_max_length": "0", "log_parameter_max_length_on_error": "0", "wal_level": "replica", "fsync": "on",
    "full_page_writes": "on", "row_security": "on", "log_connections": "on",
}


def shown(host: Any, name: str) -> str:
    """A setting of the running server."""
    return sql(host, f"SHOW {name}")


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_setting(host: Any, name: str) -> None:
    assert shown(host, name) == SETTINGS[name]


def test_twenty_slots_are_kept_for_operators(host: Any) -> None:
    kept = int(shown(host, "superuser_reserved_connections"))
    if major(host) >= 16:
        kept += int(shown(host, "reserved_connections"))
    assert kept == 20


def test_statements_are_counted(host: Any) -> None:
    assert "pg_stat_statements" in shown(host, "shared_preload_libraries")
    assert "auth_delay" in shown(host, "shared_preload_libraries")


def test_memory_follows_from_the_host(host: Any) -> None:
    assert int(sql(host, "SELECT pg_size_bytes(current_setting('shared_buffers')) / 2^20")) == 256  # a quarter of 1024 MiB


def test_every_line_of_its_files_is_read_and_right(host: Any) -> None:
    assert sql(host, "SELECT sourcefile, sourceline, error FROM pg_file_settings WHERE error IS NOT NULL") == ""
    assert sql(host, "SELECT line_number, error FROM pg_hba_file_rules WHERE error IS NOT NULL") == ""
    ours = sql(host, "SELECT count(*) FROM pg_file_settings WHERE sourcefile LIKE '%/conf.d/good_neighbor.conf' AND applied")
    assert int(ours) > 20


def test_nothing_waits_for_a_restart(host: Any) -> None:
    assert sql(host, "SELECT name FROM pg_settings WHERE pending_restart") == ""


def test_it_listens_on_this_host_alone(host: Any) -> None:
    found = host.check_output("ss -Htln | awk '{print $4}'").split()
    assert sorted(place for place in found if not place.endswith(":22")) == ["127.0.0.1:5432", "[::1]:5432"]


def test_it_starts_with_the_host_and_after_a_crash(host: Any) -> None:
    unit = f"postgresql@{major(host)}-main"
    assert host.service(unit).is_running and host.service("postgresql").is_enabled
    assert host.check_output(f"systemctl show -P Restart {unit}") == "on-failure"
    assert host.check_output("systemctl list-units --failed --no-legend") == ""


@pytest.mark.parametrize(("path", "owner", "mode"), [
    ("/etc/postgresql/{major}/main/pg_hba.conf", "postgres", 0o640),
    ("/etc/postgresql/{major}/main/conf.d/good_neighbor.conf", "postgres", 0o644),
    ("/var/lib/postgresql/{major}/main", "postgres", 0o700),
    ("/etc/bob-gpt/database.py", "root", 0o640),
    ("/etc/nexus/database.env", "root", 0o640),
    ("/etc/bbworlds-api/database.env", "root", 0o640),
])
def test_whose_files_they_are(host: Any, path: str, owner: str, mode: int) -> None:
    file = host.file(path.format(major=major(host)))
    assert (file.user, oct(file.mode)) == (owner, oct(mode))


def test_no_file_of_the_server_is_for_others(host: Any) -> None:
    open_files = "find /var/lib/postgresql/*/main /var/log/postgresql/*/ -type f -perm /007"
    assert host.check_output(open_files) == ""
    keys = "find /etc/postgresql /etc/postgresql-common -type f -perm /007 -exec grep -l 'PRIVATE KEY' {} +"
    assert host.run(keys).stdout == ""


def test_checksums_are_really_computed(host: Any) -> None:
    assert sql(host, "SELECT data_page_checksum_version FROM pg_control_init()") == "1"


def test_a_slow_statement_is_logged_without_what_is_bound_to_it(host: Any) -> None:
    bound = "4711471147114711"
    with host.sudo("postgres"):
        host.check_output(
            "echo 'SELECT pg_sleep(0.2), :told::numeric AS told;' |"
            f" /usr/lib/postgresql/{major(host)}/bin/pgbench -n -M extended -t 1 -D told={bound} -f - postgres")
    log = host.check_output("find /var/log/postgresql -type f -exec cat {} +")
    assert "SELECT pg_sleep(0.2), $1::numeric AS told" in log
    assert bound not in log
