# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Everything that would make a run fail half-way, told before it begins: each as what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..matrix.place import hint
from ..matrix.types import ACTIVE, Matrix, ServerSpec
from . import addresses, certificate, packages, tuning
from .host import ABSENT, FOREIGN, Host
from .names import NAMES
from .options import Options
from .settings import FROM_THE_MATRIX, config_directory

VERSIONS = ("15", "16", "17", "18")
LEAST_FREE, LEAST_FREE_NEW = 256, 1024  # MiB: to go on working; for packages, a cluster and its first log


def problems(matrix: Matrix, spec: ServerSpec, host: Host, options: Options) -> list[str]:
    """Every problem of one host, in the order in which a run would meet them."""
    return [*_version(host, options), *_sources(matrix, spec, host, options), *_size(spec, host, options),
            *_port(spec, host), *_cluster(host, options), *_tls(options), *_settings(options.settings),
            *_addresses(matrix, spec, host)]


def _version(host: Host, options: Options) -> Iterator[str]:
    """The version, and which of several clusters is meant."""
    if options.version and options.version not in VERSIONS:
        yield (f"postgresql_server_version is {options.version!r}, which this role does not know: "
               f"write one of {', '.join(VERSIONS)}, or leave it empty for the distribution's")
    elif host.version and host.version not in VERSIONS:
        yield f"PostgreSQL {host.version} is not one of those that this role knows ({', '.join(VERSIONS)}): upgrade it first"
    mine = [name for name in host.clusters if name.partition("/")[2] == host.cluster]
    if not options.version and len(mine) > 1:
        yield f"there are several clusters ({', '.join(mine)}): say with postgresql_server_version which one is meant"


def _sources(matrix: Matrix, spec: ServerSpec, host: Host, options: Options) -> Iterator[str]:
    """Packages that cannot be had."""
    if packages.server(host.version) in host.installed and host.version:
        missing = [name for name in wanted(matrix, spec, host, options) if name not in host.installed]
    else:
        missing = wanted(matrix, spec, host, options)
    if not missing or options.repository or host.version not in ("", *VERSIONS):
        return
    if not host.sources:
        yield f"no package source: apt knows none here, and {missing[0]} is not installed; give the host its distribution's"
    elif host.lists and not host.version:
        yield "no package source offers PostgreSQL: give the host one that does, or set postgresql_server_repository"
    elif host.lists:
        for name in missing:
            if name not in host.candidates:
                yield (f"no package source offers {name}, {_whose(name, matrix, spec, host, options)}: "
                       f"add one (postgresql_server_repository), or change what asks for it")


def wanted(matrix: Matrix, spec: ServerSpec, host: Host, options: Options) -> list[str]:
    """The packages of the server: its own, its libraries', its active rows' extensions', and what the user adds."""
    names = [*options.libraries, *extensions(matrix, spec)]
    return list(dict.fromkeys([*packages.needed(host.version, names), *options.packages]))


def extensions(matrix: Matrix, spec: ServerSpec) -> list[str]:
    """The extensions that active rows and the server itself declare."""
    rows = [row for row in matrix.on(spec.name) if row.status == ACTIVE]
    return sorted({name for row in rows for name in row.extensions} | set(spec.extensions))


def _whose(package: str, matrix: Matrix, spec: ServerSpec, host: Host, options: Options) -> str:
    for row in matrix.on(spec.name):
        for name in row.extensions:
            if packages.of(name, host.version) == package:
                return f"which extension {name} of service {row.service} needs"
    for name in options.libraries:
        if packages.of(name, host.version) == package:
            return f"which postgresql_server_libraries asks for ({name})"
    return f"which PostgreSQL {host.version} needs"


def _size(spec: ServerSpec, host: Host, options: Options) -> Iterator[str]:
    """Memory and disk."""
    memory = options.memory or host.memory
    least = tuning.least_memory(spec.max_connections)
    if memory < least:
        yield (f"{memory} MiB of memory are too little: {spec.max_connections} connections take {least} MiB; "
               "give the host more, or lower max_connections of the server")
    free = LEAST_FREE_NEW if host.state == ABSENT else LEAST_FREE
    if host.disk_free < free:
        where = host.data_directory or "/var/lib/postgresql"
        yield f"{host.disk_free} MiB are free where {where} lies, and {free} MiB are needed: make room first"


def _port(spec: ServerSpec, host: Host) -> Iterator[str]:
    """Who else has the port."""
    others = [name for name, port in sorted(host.other_ports.items()) if port == spec.port]
    if others:
        yield f"port {spec.port} belongs to the cluster {others[0]} of this host: give one of them another port"
    elif host.port_program:
        yield f"port {spec.port} is taken by {host.port_program}: stop it, or give the server another port in the matrix"


def _cluster(host: Host, options: Options) -> Iterator[str]:
    """A cluster that is there, and that the role cannot configure."""
    if host.state == FOREIGN and not host.includes and options.changes(host):
        yield (f"{config_directory(host)}/postgresql.conf does not read conf.d, so no setting of ours would be in force: "
               "add the line include_dir = 'conf.d' at its end; the role never edits this file")


def _tls(options: Options) -> Iterator[str]:
    """Certificate and key that the user gave."""
    if bool(options.certificate) != bool(options.key):
        given, other = ("certificate", "key") if options.certificate else ("key", "certificate")
        yield f"postgresql_server_tls_{given} is given and postgresql_server_tls_{other} is not: give both or none"
    elif options.certificate:
        fault = certificate.fault(certificate.joined(options.certificate, options.key), options.passphrase)
        if fault:
            yield f"what postgresql_server_tls_certificate and postgresql_server_tls_key give {fault}"


def _settings(overrides: Mapping[str, object]) -> Iterator[str]:
    """What the user wants otherwise. Values are judged by the server's own program, before they are put in place."""
    for name, value in overrides.items():
        if name in FROM_THE_MATRIX:
            yield f"postgresql_server_settings: {name} follows from the matrix (good_neighbor_servers): write it there"
        elif name not in NAMES and "." not in name:
            yield f"postgresql_server_settings: PostgreSQL has no setting {name}{hint(name, NAMES)}"
        elif isinstance(value, (list, dict)) or (isinstance(value, str) and "\n" in value):
            yield f"postgresql_server_settings: {name} must be one value on one line"


def _addresses(matrix: Matrix, spec: ServerSpec, host: Host) -> Iterator[str]:
    """Clients that could never come in."""
    if host.networks:
        for client in addresses.unreachable(addresses.clients(matrix, spec.name), host.networks):
            yield f"the matrix lets {client} in, and the host has no address of that kind: clients there cannot reach it"
