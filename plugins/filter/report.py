# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter `report`: what was read of the servers, as one page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils.audit_text import Command
from ..module_utils.errors import GoodNeighborError
from ..module_utils.matrix.parse import parse
from ..module_utils.report.build import document
from ..module_utils.report.facts import Facts, ServerFacts
from ..module_utils.report.html import html
from ..module_utils.report.markdown import markdown
from ..plugin_utils import invocation

Row = Mapping[str, Any]
FORMS = {"html": html, "markdown": markdown}


def report(
    hosts: Sequence[Row],
    form: str,
    *,
    allocation: object,
    servers: object,
    samples: Sequence[Row] = (),
    inventory: Sequence[str] = (),
) -> str:
    """Takes what was read of each host, and the matrix; returns the page. Raises AnsibleFilterError for an unknown form
    or a wrong matrix."""
    if form not in FORMS:
        raise AnsibleFilterError(f"{form} is no form of a report; there are {' and '.join(FORMS)}")
    try:
        matrix = parse(servers, allocation, secrets_withheld=True)
    except GoodNeighborError as error:
        raise AnsibleFilterError(str(error)) from None
    paths = tuple(invocation.short(path) for path in inventory)
    read = {
        host["server"]: ServerFacts(host["judged"], host["health"], host["more"], _command(host, paths, len(hosts) > 1))
        for host in hosts
    }
    return FORMS[form](document(Facts(matrix, read, samples)))


def _command(host: Row, inventory: tuple[str, ...], several: bool) -> Command:
    return Command(
        inventory, host["mode"], tuple(host["remedies"]), "", tuple(invocation.options()), host["host"] if several else ""
    )


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Filters by name."""
        return {"report": report}
