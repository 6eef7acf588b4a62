"""What an auditor of PostgreSQL asks, asked again by ourselves. docs/security.md says what stays open, and why."""

from __future__ import annotations

from typing import Any

import pytest
from hosts.matrix import DATABASES, major, sql

testinfra_hosts = ["ansible://good_neighbor"]

LOG = {
    "logging_collector": "on", "log_destination": "stderr", "log_file_mode": "0600", "log_truncate_on_rotation": "on",
    "log_connections": "on", "log_disconnections": "on", "log_error_verbosity": "verbose", "log_hostname": "off",
    "log_statement": "ddl", "log_timezone": "UTC", "log_min_messages": "warning", "log_min_error_statement": "error",
    "log_replication_commands": "on", "log_lock_waits": "on", "debug_print_parse": "off", "debug_print_plan": "off",
    "debug_print_rewritten": "off",
}
DOORS = {
    "ssl": "on", "ssl_min_protocol_version": "TLSv1.3", "password_encryption": "scram-sha-256",
    "authentication_timeout": "30", "auth_delay.milliseconds": "500", "post_auth_delay": "0",
    "allow_system_table_mods": "off", "ignore_system_indexes": "off",
    "session_preload_libraries": "", "local_preload_libraries": "", "pg_stat_statements.track_utility": "off",
}
SANDBOX = {
    "Restart": "on-failure", "OOMPolicy": "continue", "NoNewPrivileges": "yes", "ProtectSystem": "full",
    "ProtectHome": "yes", "PrivateTmp": "yes", "PrivateDevices": "yes", "UMask": "0077", "OOMScoreAdjust": "-900",
}
BACK = """p=$(head -1 /var/lib/postgresql/{major}/main/postmaster.pid); kill -9 "$p"; s=$(date +%s)
while ! su postgres -c 'psql -Atqc "SELECT 1"' >/dev/null 2>&1; do
  [ $(($(date +%s) - s)) -lt 30 ] || exit 1; sleep 0.1; done
echo $(($(date +%s) - s)) $(($(head -1 /var/lib/postgresql/{major}/main/postmaster.pid) != p))"""


@pytest.fixture(scope="module")
def running(host: Any) -> dict[str, str]:
    """All settings of the running server, by name."""
    answer = sql(host, "SELECT name || E'\\t' || setting FROM pg_settings")
    return dict(line.split("\t", 1) for line in answer.splitlines() if "\t" in line)


@pytest.mark.parametrize("wanted", [LOG, DOORS], ids=["log", "doors"])
def test_settings(running: dict[str, str], wanted: dict[str, str]) -> None:
    assert {name: running.get(name) for name in wanted} == wanted


def test_every_line_of_the_log_says_who_and_from_where(running: dict[str, str]) -> None:
    assert {"%m", "%p", "%u", "%d", "%a", "%h"} <= {running["log_line_prefix"][at:at + 2] for at in range(60)}


def test_libraries_that_guard_passwords_are_loaded(running: dict[str, str]) -> None:
    loaded = {name.strip() for name in running["shared_preload_libraries"].split(",")}
    assert {"pg_stat_statements", "auth_delay", "passwordcheck", "set_user"} <= loaded


def test_nobody_else_reads_data_configuration_key_and_log(host: Any, running: dict[str, str]) -> None:
    modes = {running["data_directory"]: 0o700, running["hba_file"]: 0o640, running["ssl_key_file"]: 0o600,
             running["log_directory"]: 0o700}
    assert {path: host.file(path).mode for path in modes} == modes
    assert {host.file(path).user for path in modes} == {"postgres"}
    logs = host.check_output("find %s -type f -perm /077", running["log_directory"])
    assert logs == ""


def test_the_account_is_locked_and_writes_for_itself(host: Any) -> None:
    assert host.check_output("getent shadow postgres | cut -d: -f2").startswith("!")
    assert host.check_output("su postgres -c umask") == "0077"
    assert host.check_output("su - postgres -c umask") == "0077"


def test_there_is_one_superuser_and_every_role_has_a_limit(host: Any) -> None:
    assert sql(host, "SELECT rolname FROM pg_roles WHERE rolsuper") == "postgres"
    assert sql(host, "SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' AND rolconnlimit = -1") == ""


@pytest.mark.parametrize("database", DATABASES)
def test_public_has_nothing(host: Any, database: str) -> None:
    open_to_all = "SELECT 1 FROM {0}, aclexplode(coalesce({1}, acldefault('{2}', {3}))) a WHERE a.grantee = 0 AND {4}"
    for place in (("pg_namespace", "nspacl", "n", "nspowner", "nspname = 'public'"),
                  ("pg_database", "datacl", "d", "datdba", "datname = current_database()")):
        assert sql(host, open_to_all.format(*place), database) == "", place


def test_a_password_is_asked_for_everywhere_but_at_the_doors_of_the_hosts_own_accounts(host: Any) -> None:
    others = ("SELECT type, array_to_string(user_name, ','), auth_method FROM pg_hba_file_rules "
              "WHERE auth_method NOT IN ('scram-sha-256', 'reject')")
    assert sorted(sql(host, others).splitlines()) == ["local|gn_backup|peer", "local|gn_monitor|peer", "local|postgres|peer"]


def test_a_replica_has_a_role_of_its_own_and_no_password(host: Any) -> None:
    found = "SELECT rolname, rolcanlogin, rolsuper, rolpassword IS NULL FROM pg_authid WHERE rolreplication AND NOT rolsuper"
    assert sql(host, found) == "gn_replication|t|f|t"


def test_the_service_reaches_no_further_than_it_needs(host: Any) -> None:
    names = ",".join(SANDBOX)
    shown = host.check_output(f"systemctl show -p {names} postgresql@{major(host)}-main")
    assert dict(line.split("=", 1) for line in shown.splitlines()) == SANDBOX
    assert host.check_output(f"systemctl is-enabled postgresql@{major(host)}-main") == "enabled"


def test_a_backend_goes_before_the_postmaster(host: Any) -> None:
    postmaster = host.check_output("head -1 /var/lib/postgresql/%s/main/postmaster.pid", str(major(host)))
    backend = sql(host, "SELECT pg_read_file('/proc/self/oom_score_adj')")
    assert int(backend) > int(host.check_output("cat /proc/%s/oom_score_adj", postmaster))


def test_each_host_has_a_key_and_a_cluster_of_its_own(host: Any, running: dict[str, str]) -> None:
    assert "snakeoil" not in running["ssl_key_file"]
    subject = host.check_output("openssl x509 -noout -ext subjectAltName -in %s", running["ssl_cert_file"])
    assert "DNS:voice-ninja.com" in subject


def test_after_kill_9_it_is_back_within_ten_seconds(host: Any) -> None:
    seconds, another = host.check_output(BACK.format(major=major(host))).split()
    assert another == "1"
    assert int(seconds) <= 10
