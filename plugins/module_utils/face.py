# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the modules allocation and allocation_info have in common: options in, results and failures out."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.community.postgresql.plugins.module_utils.postgres import (
    get_conn_params,
    postgres_common_argument_spec,
)

from . import result
from .catalog import session
from .engine import Outcome, Request
from .errors import GoodNeighborError
from .matrix.parse import parse
from .plan import Options
from .schema.files import SchemaFile

WITHHELD = ("the passwords were withheld on purpose: whether the stored ones are the declared ones or another's, or stand"
            " in the open, was not judged, and is no part of the verdict")


def argument_spec(**more: Mapping[str, object]) -> dict[str, Any]:
    """The options of both modules, and `more`."""
    spec: dict[str, Any] = postgres_common_argument_spec()
    spec.update(
        login_db={"type": "str", "default": "postgres"},
        # no_log keeps the rows out of the host's system log; narrowed to the secrets in them in `module`
        allocation={"type": "list", "elements": "dict", "required": True, "no_log": True},
        servers={"type": "dict", "required": True},
        server={"type": "str", "required": True},
        schema_sources={"type": "list", "elements": "dict", "default": [], "options": {
            "path": {"type": "str", "required": True}, "content": {"type": "str", "required": True}}},
        lock_timeout={"type": "str", "default": "3s"},
        secrets_withheld={"type": "bool", "default": False},
        **more)
    return spec


def run(spec: dict[str, Any], work: Callable[[session.Server, Request, bool], Outcome]) -> None:
    """Runs a module: `work` gets the server, the request and whether this is check mode."""
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    module.no_log_values = {str(secret) for secret in _secrets(module.params["allocation"])}
    if module.params["login_password"]:
        module.no_log_values.add(module.params["login_password"])
    if not session.HAS_DRIVER and not module.check_mode:
        module.fail_json(msg=missing_required_lib("psycopg2"))
    try:
        parameters = get_conn_params(module, module.params)
        database = parameters.pop("dbname", None) or parameters.pop("database", None)  # its name depends on the driver's age
        server = session.Server(parameters, str(database), module.params["lock_timeout"])
        outcome = work(server, request(module.params), module.check_mode)
    except GoodNeighborError as error:
        module.fail_json(msg=str(error), changed=error.changed)
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
