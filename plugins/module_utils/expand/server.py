# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The settings of the running server that open a door, weaken secrets, take the reserve or stop every service: which values
are right.

https://www.postgresql.org/docs/current/runtime-config.html
"""

from __future__ import annotations

from .. import sql
from ..items import ServerSetting
from ..matrix.budget import terms
from ..matrix.types import ACTIVE
from ..model import Model
from .scope import Scope
from .settings import milliseconds

RESERVES = ("max_connections", "superuser_reserved_connections", "reserved_connections")
# what a setting must be; empty: nothing
_RIGHT = {
    "password_encryption": "scram-sha-256", "allow_system_table_mods": "off", "session_preload_libraries": "",
    "local_preload_libraries": "", "ignore_system_indexes": "off", "lo_compat_privileges": "off", "db_user_namespace": "off",
    "krb_caseins_users": "off", "gss_accept_delegation": "off", "createrole_self_grant": "",
    "dynamic_library_path": "$libdir", "extension_control_path": "$system", "jit_provider": "llvmjit",
    "session_replication_role": "origin", "row_security": "on", "default_transaction_read_only": "off",
    "synchronous_standby_names": ""}  # the latter is read only where no commit would end
# milliseconds: with less no index is made, hardly a query ends on a busy server, and no session outlives a thought
_LEAST_TIMES = {"statement_timeout": 100, "transaction_timeout": 100, "idle_in_transaction_session_timeout": 1000,
                "idle_session_timeout": 1000}
# libraries that PostgreSQL brings itself, and that look at the whole server or guard it
_LIBRARIES = {"pg_stat_statements", "auto_explain", "pg_prewarm", "passwordcheck", "auth_delay", "basic_archive", "sepgsql",
              "pg_overexplain", "pgaudit", "set_user", "credcheck"}
_LEAST_ROUNDS = 4096
_OTHERS = 0o007  # everybody of the host who is neither the server's account nor of its group


def right(setting: ServerSetting, scope: Scope, now: Model) -> str:
    """The value that is right; the present one where it is."""
    name, value = setting.name, setting.value
    if name in RESERVES:
        return _reserve(setting, scope, now)
    if name == "shared_preload_libraries":
        return _known_libraries(value, scope)
    if name == "scram_iterations":
        return value if int(value) >= _LEAST_ROUNDS else str(_LEAST_ROUNDS)
    if name == "log_file_mode":
        return value if not int(value, 8) & _OTHERS else f"{int(value, 8) & ~_OTHERS:04o}"
    if name == "ssl_min_protocol_version":
        return "TLSv1.2" if value in ("", "TLSv1", "TLSv1.1") else value
    if name in _LEAST_TIMES:
        time = milliseconds(value)
        return "0" if time is not None and 0 < time < _LEAST_TIMES[name] else value
    if name == "search_path":
        return value if _finds_tables(sql.list_elements(value), scope) else '"$user", public'
    return _RIGHT.get(name, value)


def _finds_tables(schemas: list[str], scope: Scope) -> bool:
    """Whether each service finds its tables, and nobody's functions before PostgreSQL's own: pg_catalog is searched where
    it is named, or else before all others."""
    by_itself = all("search_path" in dict(row.settings) for row in scope.rows if row.status == ACTIVE)
    return "pg_catalog" not in schemas[1:] and (by_itself or "public" in schemas)


def _known_libraries(value: str, scope: Scope) -> str:
    """Those that PostgreSQL brings, or that an extension of the matrix has."""
    known = {*_LIBRARIES, *scope.spec.extensions}
    known |= {extension for row in scope.rows if row.status == ACTIVE for extension in row.extensions}
    loaded = sql.list_elements(value)
    kept = [library for library in loaded if library.rpartition("/")[2].removesuffix(".so") in known]
    return value if kept == loaded else ", ".join(kept)


def _reserve(setting: ServerSetting, scope: Scope, now: Model) -> str:
    """Enough connections, enough of them kept back for operators, and not so many that services get less than is theirs."""
    spec, value = scope.spec, setting.value
    if setting.name == "max_connections":
        return value if int(value) >= spec.max_connections else str(spec.max_connections)
    counted = {found.name: int(found.value) for found in now.of(ServerSetting).values() if found.name in RESERVES}
    kept = counted.get("superuser_reserved_connections", 0) + counted.get("reserved_connections", 0)
    rest = kept - int(value)
    least = 1 if setting.name == "superuser_reserved_connections" else 0
    right_one = max(least, spec.maintenance_connections - rest)
    promised = sum(number for _whose, number in terms(spec, scope.rows)) - spec.maintenance_connections
    starves = kept > spec.maintenance_connections and counted.get("max_connections", 0) - kept < promised
    lacks = setting.name == "superuser_reserved_connections" and (int(value) < 1 or kept < spec.maintenance_connections)
    return str(right_one) if lacks or (starves and int(value) > right_one) else value
