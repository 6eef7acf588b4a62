# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The settings of the server: what the matrix says, what the host's size gives, what every server of ours has.

Names and meanings: https://www.postgresql.org/docs/current/runtime-config.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..matrix.types import ServerSpec
from . import tuning
from .host import FOREIGN, Host

# With TLS 1.3 the server has its own list; this one, of forward secrecy only, is for who lowers the minimum by an override.
CIPHERS = ("ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:"
           "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256")
SUPERUSERS = 3  # of the reserve, from PostgreSQL 16 on: kept for superusers when operators have taken the rest

SAME = {
    # every login proves a password by SCRAM, over TLS 1.3 from off the host
    "password_encryption": "scram-sha-256", "authentication_timeout": "30s", "auth_delay.milliseconds": "500",
    "ssl": "on", "ssl_min_protocol_version": "TLSv1.3", "ssl_ciphers": CIPHERS,
    # who came and went, what waited, what was slow, who changed a table; never what was bound to a parameter
    "logging_collector": "on", "log_destination": "stderr", "log_filename": "postgresql-%d.log", "log_file_mode": "0600",
    "log_rotation_age": "1d", "log_rotation_size": "0", "log_truncate_on_rotation": "on", "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] user=%u,db=%d,app=%a,client=%h ", "log_error_verbosity": "verbose",
    "log_connections": "on", "log_disconnections": "on", "log_replication_commands": "on", "log_lock_waits": "on",
    "log_statement": "ddl", "log_min_duration_statement": "100ms", "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0", "log_temp_files": "10MB", "log_autovacuum_min_duration": "10s",
    "log_hostname": "off",
    # statistics; a statement that sets a password is no utility worth counting
    "pg_stat_statements.max": "10000", "pg_stat_statements.track": "all", "pg_stat_statements.track_utility": "off",
    "track_io_timing": "on",
    "hot_standby": "on", "wal_compression": "lz4", "checkpoint_timeout": "15min", "checkpoint_completion_target": "0.9",
    # disks without heads; clients that vanished are noticed
    "random_page_cost": "1.1", "tcp_keepalives_idle": "60", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "6",
    # whoever is let in by pg_hba.conf may knock at the socket; to open it takes no more than to write
    "unix_socket_permissions": "0666",
}
# A replica or a backup can be added without a restart; nothing is archived before there is somewhere to archive to.
REPLICATION = {
    "wal_level": "replica", "max_wal_senders": "10", "max_replication_slots": "10",
    "archive_mode": "on", "archive_command": "/bin/true", "primary_conninfo": "sslmode=require sslcompression=1",
}
# What is asked of a server before it is changed: the values that the role must not take away.
KEPT = (*REPLICATION, "archive_library", "shared_preload_libraries", "listen_addresses")
FROM_THE_MATRIX = ("max_connections", "superuser_reserved_connections", "reserved_connections", "port")


def reserve(version: str, maintenance: int) -> dict[str, str]:
    """The connections that are kept for operators, who are superusers on 15 and hold pg_use_reserved_connections from 16 on.

    https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-RESERVED-CONNECTIONS
    """
    if int(version) < 16:
        return {"superuser_reserved_connections": str(max(1, maintenance))}
    superusers = max(1, min(SUPERUSERS, maintenance))
    rest = max(0, maintenance - superusers)
    return {"superuser_reserved_connections": str(superusers), "reserved_connections": str(rest)}


def libraries(wanted: Iterable[str], host: Host) -> str:
    """The value of shared_preload_libraries: ours, and on a server that we did not make those that it loads already."""
    present = host.present.get("shared_preload_libraries", "") if host.state == FOREIGN else ""
    kept = [name.strip().strip('"') for name in present.split(",") if name.strip()]
    return ", ".join(dict.fromkeys((*kept, *wanted)))


def replication(host: Host) -> dict[str, str]:
    """Settings of replication and archiving; a server that we did not make keeps what it has, where that is more.

    Where it sends its log, whom it follows, and a level that somebody's subscription needs are not ours to change.
    """
    if host.state != FOREIGN:
        return dict(REPLICATION)
    found = {}
    if host.present.get("wal_level") != "logical":
        found["wal_level"] = REPLICATION["wal_level"]
    for name in ("max_wal_senders", "max_replication_slots"):
        found[name] = str(max(int(host.present.get(name) or 0), int(REPLICATION[name])))
    return found


def settings(spec: ServerSpec, host: Host, listen: str, preload: str, memory: int) -> dict[str, str]:
    """All settings by name, sorted. `memory` is what PostgreSQL may count on, in MiB; `listen`, `preload` ready values."""
    name = f"{host.version}-{host.cluster}"
    pem = pem_path(host)
    found = {
        **SAME,
        **replication(host),
        **tuning.memory(memory, spec.max_connections),
        **tuning.parallelism(host.processors),
        **tuning.wal(host.disk_size),
        **reserve(host.version, spec.maintenance_connections),
        "max_connections": str(spec.max_connections),
        "port": str(spec.port),
        "listen_addresses": listen,
        "shared_preload_libraries": preload,
        "log_directory": f"/var/log/postgresql/{name}",
        "ssl_cert_file": pem,
        "ssl_key_file": pem,
        "ssl_passphrase_command": f"cat {passphrase_path(host)}",  # without one, a server whose key is encrypted hangs
        "ssl_passphrase_command_supports_reload": "on",
    }
    return dict(sorted(found.items()))


def pem_path(host: Host) -> str:
    """Where certificate and key lie, in one file: they are replaced together or not at all."""
    return f"{config_directory(host)}/good_neighbor.pem"


def passphrase_path(host: Host) -> str:
    """Where the passphrase of an encrypted key lies."""
    return f"{config_directory(host)}/good_neighbor.passphrase"


def config_directory(host: Host) -> str:
    """The folder of the cluster's configuration, as postgresql-common lays it out."""
    return host.config_directory or f"/etc/postgresql/{host.version}/{host.cluster}"


def overridden(found: Mapping[str, str], overrides: Mapping[str, object]) -> dict[str, str]:
    """`found` with what the user wants otherwise; null takes a setting out of the file: the server's default holds."""
    merged: dict[str, str | None] = {**found}
    for name, value in overrides.items():
        merged[name] = None if value is None else said(value)
    return {name: value for name, value in sorted(merged.items()) if value is not None}


def said(value: object) -> str:
    """A YAML value as PostgreSQL has it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return str.__str__(value) if isinstance(value, str) else str(value)


def text(found: Mapping[str, str]) -> str:
    """The drop-in: one line for each setting, in a stable order.

    A quote is doubled, a backslash too: https://www.postgresql.org/docs/current/config-setting.html
    """
    lines = ["# Written by the role bbworlds.good_neighbor.postgresql_server; changes made here are lost."]
    for name, value in found.items():
        quoted = value.replace("\\", "\\\\").replace("'", "''")
        lines.append(f"{name} = '{quoted}'")
    return "\n".join([*lines, ""])
