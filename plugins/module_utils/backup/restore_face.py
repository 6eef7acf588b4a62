# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `restore`: options in, result and failures out."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.community.postgresql.plugins.module_utils.postgres import get_conn_params

from ..catalog import session
from ..errors import GoodNeighborError
from ..matrix.parse import parse
from ..matrix.types import Allocation
from . import config, restore_fill, restore_find
from .errors import BackupError
from .restore import Request, Restored, restore
from .restore_fill import Dump
from .restore_find import Shelf
from .restore_plan import IN_PLACE, OFFSITE, Wanted
from .stream import Keys


class PeerServer(session.Server):
    """A server that knows an account of the host by `peer`; we are root, and are that account while we knock."""

    account: int | None = None

    def _session(self, own: Mapping[str, object]) -> Any:
        if self.account is None or "password" in own:
            return super()._session(own)
        us = os.geteuid()
        os.seteuid(self.account)
        try:
            return super()._session(own)
        finally:
            os.seteuid(us)


def run(module: AnsibleModule) -> None:
    """Restores, or in check mode tells what it would do."""
    params = module.params
    module.no_log_values |= {line for line in params["key"].splitlines() if line.startswith("AGE-SECRET-KEY-")}
    if not session.HAS_DRIVER:
        module.fail_json(msg=missing_required_lib("psycopg2"))
    os.umask(0o077)
    try:
        row = row_of(params)
        shelf, origin = _shelf(params), params["origin"] or params["server"]
        server = _server(module)
        keys, now = Keys(params["key"]), datetime.now(timezone.utc)
        name = restore_find.chosen(shelf.names(origin, row.service), params["backup"], now, f"service {row.service}")
        source = shelf.source(origin, row.service, name)
        manifest = restore_find.manifest(source, keys, origin, row.service, name)
        wanted = Wanted(row.service, row.database, name, params["place"], now, params["again"])
        dump = Dump(source, keys, manifest, restore_fill.bindir(server))
        made = restore(server, Request(row, wanted, dump, module.check_mode))
    except GoodNeighborError as error:
        module.fail_json(msg=f"service {params['service']}: {error}", changed=error.changed)
    ahead = restore_find.from_the_future(manifest, now)
    made.notes += [ahead] if ahead else []
    module.exit_json(**result(made, dump, row, check=module.check_mode), **_diff(made, row) if module._diff else {})


def row_of(params: Mapping[str, Any]) -> Allocation:
    """The row of the service. Raises BackupError where it has no database here, or in_place is not confirmed."""
    matrix = parse(params["servers"], params["allocation"], secrets_withheld=True)
    rows = [row for row in matrix.on(params["server"]) if row.service == params["service"] and row.backup]
    if not rows:
        raise BackupError(f"it has no database on {params['server']}")
    if params["place"] == IN_PLACE and params["confirm"] != rows[0].service:
        raise BackupError(f"to restore it in place of the live database, say so twice: confirm: {rows[0].service}")
    return rows[0]


def result(made: Restored, dump: Dump, row: Allocation, *, check: bool) -> dict[str, Any]:
    """What the module returns."""
    plan, tables = made.plan, dump.manifest.tables
    found = {"changed": made.changed, "backup": made.stamp, "database": plan.names.target,
             "kept": plan.names.kept if plan.exchange and not plan.done else "", "tables": len(tables),
             "rows": sum(table.rows for table in tables), "steps": made.steps, "told": list(made.told), "notes": made.notes,
             "exceptions": made.exceptions}
    return {**found, "report": report(found, row, check=check)}


def report(found: Mapping[str, Any], row: Allocation, *, check: bool) -> str:
    """The result for a person."""
    backup, database = found["backup"], found["database"]
    if not found["changed"]:
        return (f"{row.service}: {database} is restored from backup {backup} already: nothing to do. To restore it in place "
                "once more: -e restore_again=true")
    would = "would be " if check else ""
    lines = [f"{row.service}: {database} {would or 'is '}restored from backup {backup}: {found['tables']} tables, "
             f"{found['rows']} rows, as its manifest says"]
    lines += [f"  {step}" for step in found["steps"]]
    lines += [f"  not restored: {what}" for what in found["told"]]
    lines += [f"  note: {note}" for note in found["notes"]]
    if found["exceptions"]:
        lines += ["A copy is kept. Until you remove it, the audit reports it; to accept it for a while, write into "
                  "good_neighbor_servers:", found["exceptions"]]
    return "\n".join(lines)


def _diff(made: Restored, row: Allocation) -> dict[str, Any]:
    """The databases that the run is about, before and after."""
    names = made.plan.names
    before = [row.database] if made.plan.exchange or names.target != row.database else []
    after = [*before, names.target] if names.target != row.database else [f"{row.database} (restored from {made.stamp})"]
    after += [f"{names.kept} (what was {row.database})"] if made.plan.exchange else []
    same = {"before": "", "after": ""}
    return {"diff": same if not made.changed else {"before": "\n".join(before) + "\n", "after": "\n".join(after) + "\n"}}


def _server(module: AnsibleModule) -> PeerServer:
    parameters = get_conn_params(module, module.params)
    database = parameters.pop("dbname", None) or parameters.pop("database", None)
    server = PeerServer(parameters, str(database))
    by_peer = not (module.params["login_password"] or module.params["login_host"])
    if by_peer and os.geteuid() == 0:
        try:
            server.account = pwd.getpwnam(module.params["account"]).pw_uid
        except KeyError:
            raise BackupError(f"this host has no account {module.params['account']}: run site first") from None
    return server


def _shelf(params: Mapping[str, Any]) -> Shelf:
    known = config.read(Path(params["configuration"]))
    if params["source"] != OFFSITE:
        return Shelf(known.directory)
    if not known.remote:
        raise BackupError("this server has no place offsite: see backups_remote of the role backups")
    return Shelf(known.remote, f"{known.state}/rclone.conf", known.role if os.geteuid() == 0 else None)
