# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The modules allocation and allocation_info, once their engine has arrived: options in, results and failures out."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.community.postgresql.plugins.module_utils.postgres import get_conn_params

from . import engine, locks, result
from .catalog import session
from .engine import Outcome, Request
from .errors import GoodNeighborError
from .matrix.parse import parse
from .plan import Options
from .schema.files import SchemaFile

WITHHELD = ("the passwords were withheld on purpose: whether the stored ones are the declared ones or another's, or stand"
            " in the open, was not judged, and is no part of the verdict")
_MATRIX = ("servers", "allocation", "schema_sources")  # options that the result does not repeat


def run_allocation(module: AnsibleModule) -> None:
    """What the mode allows, done or foretold."""

    def work(server: session.Server, request: Request, check_mode: bool) -> Outcome:
        if request.options.mode == "audit":
            return engine.check(server, request, absent=check_mode)
        return engine.foretell(server, request) if check_mode else engine.enforce(server, request)

    _run(module, work)


def run_allocation_info(module: AnsibleModule) -> None:
    """The judgment; in check mode a server that is not there yet counts as an empty one."""
    _run(module, lambda server, request, check_mode: engine.check(server, request, absent=check_mode))


def _run(module: AnsibleModule, work: Callable[[session.Server, Request, bool], Outcome]) -> None:
    """Runs a module: `work` gets the server, the request and whether this is check mode."""
    module.no_log_values = {str(secret) for secret in _secrets(module.params["allocation"])}
    if module.params["login_password"]:
        module.no_log_values.add(module.params["login_password"])
    if not session.HAS_DRIVER and not module.check_mode:
        module.fail_json(msg=missing_required_lib("psycopg2"))
    try:
        parameters = get_conn_params(module, module.params)
        database = parameters.pop("dbname", None) or parameters.pop("database", None)  # its name depends on the driver's age
        server = session.Server(parameters, str(database), module.params["lock_timeout"])
        asked = request(module.params)
        for name in _MATRIX:  # or each of its strings would be searched for each of its passwords when the result is written
            module.params[name] = None
        outcome = work(server, asked, module.check_mode)
    except GoodNeighborError as error:
        module.fail_json(msg=str(error), changed=error.changed)
    except session.DRIVER as error:
        module.fail_json(msg=f"the server could not be read: {locks.said(error)}; run again")
    except OSError as error:
        module.fail_json(msg=f"cannot write the undo file {module.params.get('undo_file')}: {error.strerror}; "
                         "nothing further was changed")
    if module.params["secrets_withheld"]:
        outcome.notes.append(WITHHELD)
    for note in outcome.notes:
        module.warn(note)
    module.exit_json(**result.of(outcome, diff=module._diff))


def request(params: Mapping[str, Any]) -> Request:
    """The options as a request. Raises MatrixError; the secrets of other servers' rows were taken out on the controller."""
    matrix = parse(params["servers"], params["allocation"], secrets_withheld=True)
    spec = matrix.server(params["server"])
    contents = {source["path"]: SchemaFile(source["path"], source["content"]) for source in params["schema_sources"]}
    sources = {row.database: tuple(contents[path] for path in row.schema_files if path in contents)
               for row in matrix.on(spec.name)}
    options = Options(params.get("mode") or spec.mode, tuple(params.get("remedies") or ()),
                      tuple(params.get("services") or ()),
                      tuple(params.get("baseline") or ()), datetime.date.today().isoformat(),
                      bool(params.get("secrets_withheld")))
    return Request(matrix, spec.name, options, sources, params.get("undo_file"))


def _secrets(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The passwords in raw rows."""
    for row in rows:
        for part in (row, *(row.get("logins") or ()), *(row.get("readers") or ())):
            if isinstance(part, Mapping) and part.get("password"):
                yield str(part["password"])
