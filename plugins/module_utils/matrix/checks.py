# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What must fit together: keys of one row, of one server, and rows with servers. Values that were wrong by themselves
stand in as "" or 0 here and are passed over: they are told already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..env_file import SettingsError, quote
from .budget import check_budget
from .names import check_names
from .place import Place, hint, listed, meant, quoted, shown
from .secrets import faults, variable_of
from .types import EVERYWHERE, EXTERNAL, Allocation, ServerSpec, SystemRole
from .uses import rights

Rows = list[tuple[Place, Allocation]]
Servers = list[tuple[Place, ServerSpec]]
MAINTENANCE = ("postgres", "template1")


def check(servers: Servers, rows: Rows, *, secrets_withheld: bool) -> None:
    """Tells the places of servers and rows everything that does not fit together."""
    specs = {spec.name: None if place.at("managed").told else spec for place, spec in servers}
    for place, spec in servers:
        _check_server(place, spec, [row for _place, row in rows])
    for place, row in rows:
        if row.server and servers:
            _check_server_of_row(place, row, specs)
        _check_logins(place, row, secrets_withheld)
        _check_pool(place, row)
        _check_env_files(place, row)
        if not (secrets_withheld or row.secret_managed):
            _check_unmanaged(place, row)
    check_names(rows, servers)
    _check_paths(rows)
    _check_secrets(rows)


def _check_server(place: Place, spec: ServerSpec, rows: list[Allocation]) -> None:
    if spec.max_connections and spec.maintenance_connections >= spec.max_connections:
        place.at("maintenance_connections").wrong(
            f"is {spec.maintenance_connections}, and max_connections is {spec.max_connections}",
            "write fewer, so that services can connect at all",
        )
    for role in spec.system_roles:
        if role.role:
            _check_system_role(place.at("system_roles").entry(role.role), role)
            if rows and all(row.database and row.server for row in rows):  # else it is not known which there are
                databases = [row.database for row in rows if row.server == spec.name]
                _check_databases(place.at("system_roles").entry(role.role), role, [*databases, *MAINTENANCE])
    check_budget(place, spec, rows)


def _check_system_role(place: Place, role: SystemRole) -> None:
    for key in ("attributes", "member_of", "connect", "grants"):
        if role.use and getattr(role, key):
            wrong = f"stands beside use: {role.use}, which fixes what the role may"
            place.at(key).wrong(wrong, "take one of the two away")
    if not role.use and not role.purpose and not (place.at("use").told or place.at("purpose").told):
        place.at("purpose").wrong(
            "is missing, and so is use", "write what the role is for, or one use instead of its rights"
        )
    if rights(role).connect and role.connection_limit is None and not place.at("connection_limit").told:
        place.at("connection_limit").wrong(
            "is missing, and the role may enter a database", "write how many connections it may open, such as 3"
        )


def _check_databases(place: Place, role: SystemRole, known: list[str]) -> None:
    named = [("connect", name) for name in role.connect if name != EVERYWHERE]
    named += [(f"grants[{number}].database", grant.database) for number, grant in enumerate(role.grants, 1)]
    for key, name in named:
        if name and name not in known:
            wrong = f"{quoted(name)} is no database of this server"
            place.at(key).wrong(wrong, f"write {listed(known, 'or')}{hint(name, known)}")


def _check_server_of_row(place: Place, row: Allocation, specs: Mapping[str, ServerSpec | None]) -> None:
    spec = specs.get(row.server)
    if row.server not in specs:
        wrong = f"{quoted(row.server)} is none of good_neighbor_servers"
        place.at("server").wrong(wrong, f"write {meant(row.server, specs) or listed(specs, 'or')}")
    elif spec is None:
        return  # whether it is managed is not known
    elif row.status == EXTERNAL and spec.managed:
        place.at("status").wrong(
            f"is external, but the server {row.server} is managed", "write another status, or the server that has it"
        )
    elif row.status not in ("", EXTERNAL) and not spec.managed:
        place.at("status").wrong(
            f"is {row.status}, but the server {row.server} is not managed and never touched",
            "write external, or a server that is managed",
        )


def _check_logins(place: Place, row: Allocation, secrets_withheld: bool) -> None:
    if row.logins and row.password is not None:
        place.at("password").wrong("stands beside logins, and then the owner cannot log in", "take one of the two away")
    if row.soft_delete_only and not row.logins and not place.at("logins").told:
        place.at("soft_delete_only").wrong(
            "needs logins: an owner can always give itself DELETE back",
            "write logins: with the role that the service uses, beside an owner that cannot log in",
        )
    for login in row.logins:
        at = place.at("logins").entry(login.role).at("password")
        if login.role and login.password is None and not secrets_withheld and not at.told:
            at.wrong("is missing", f'write "{{{{ vault_{shown(login.role)} }}}}"')


def _check_pool(place: Place, row: Allocation) -> None:
    pool = row.client_pool
    if pool is None:
        return
    at = place.at("client_pool")
    if row.connection_limit and pool.max > row.connection_limit:
        wrong = f"is {pool.max}, above the connection_limit of {row.connection_limit}"
        at.at("max").wrong(wrong, f"write at most {row.connection_limit}")
    if pool.min > pool.max and not at.at("max").told:
        at.at("min").wrong(f"is {pool.min}, above max, which is {pool.max}", f"write at most {pool.max}")


def _check_env_files(place: Place, row: Allocation) -> None:
    logins = [login.role for login in row.logins if login.role] or [row.owner]
    for number, file in enumerate(row.env_files, 1):
        at = place.at("env_files").entry(file.path or str(number))
        if file.format == "url" and file.variable is None and not at.at("variable").told:
            at.at("variable").wrong("is missing, and format url needs it", "write its name, such as WORLD_DB_URL")
        if file.format not in ("url", "") and file.variable is not None:
            at.at("variable").wrong(f"contradicts format {file.format}", "take it away, or write format: url")
        if file.login is None and len(logins) > 1 and not at.at("login").told:
            at.at("login").wrong("is missing, and the row has several logins", f"write {listed(logins, 'or')}")
        if file.format == "dotenv":
            _check_dotenv(at, row, file.login or logins[0])
        if file.login is not None and file.login not in logins:
            wrong = f"{quoted(file.login)} is no login of this service"
            at.at("login").wrong(wrong, f"write {meant(file.login, logins) or listed(logins, 'or')}")


def _check_dotenv(at: Place, row: Allocation, role: str) -> None:
    """The password must be one that every reader of a dotenv file reads alike."""
    secret = {row.owner: row.password, **{login.role: login.password for login in row.logins}}.get(role)
    if secret is None or faults(secret, role, ()):
        return  # told as a fault of the password itself
    try:
        quote("password", secret)
    except SettingsError as error:
        wrong, _semicolon, write = str(error).partition("; ")
        at.wrong(f"cannot hold the password of role {shown(role)}: {wrong}", write)


def _check_unmanaged(place: Place, row: Allocation) -> None:
    for key, value in (("env_files", row.env_files), ("schema_files", row.schema_files)):
        if value and not (place.at("password").told or place.at("logins").told):
            place.at(key).wrong(
                "needs a secret, and the row has neither password nor logins",
                f'write password: "{{{{ vault_{shown(row.owner) or "role"} }}}}", or take the key away',
            )


def _check_paths(rows: Rows) -> None:
    seen: dict[tuple[str, str], Place] = {}
    for place, row in rows:
        for file in row.env_files:
            at = place.at("env_files").entry(file.path).at("path")
            first = seen.setdefault((row.server, file.path), at)
            if first is not at and file.path:
                at.wrong(f"is written by {first.row} too", "write a path of its own")


def _check_secrets(rows: Rows) -> None:
    first_with: dict[str, tuple[str, str]] = {}
    for place, row in rows:
        for at, role, password in _passwords(place, row):
            for fault in faults(password, role, (row.service, row.database)):
                at.wrong(*fault)
            if variable_of(password):
                continue  # told already; two that wait for one variable would be told again below
            other, where = first_with.setdefault(password, (role, place.row))
            if password and other != role:
                at.wrong(f"is also the password of {other}, {where}", "write one that no other role has")


def _passwords(place: Place, row: Allocation) -> Iterator[tuple[Place, str, str]]:
    bearers: Iterable[tuple[Place, str, str | None]] = [
        (place, row.owner, row.password),
        *((place.at("logins").entry(login.role), login.role, login.password) for login in row.logins),
        *((place.at("readers").entry(reader.role), reader.role, reader.password) for reader in row.readers),
    ]
    return ((at.at("password"), role, password) for at, role, password in bearers if password is not None)
