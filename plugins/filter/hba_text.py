# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filters `hba_text` and `ident_text`: pg_hba.conf and pg_ident.conf as the matrix wants them, whole."""

from __future__ import annotations

from collections.abc import Callable

from ansible.errors import AnsibleFilterError

from ..module_utils import hba
from ..module_utils.errors import GoodNeighborError
from ..module_utils.matrix.parse import parse


def hba_text(allocation: object, servers: object, server: str) -> str:
    """Takes the matrix and a server's name, returns the text of pg_hba.conf; what is wrong is told at once."""
    try:
        return hba.text(parse(servers, allocation, secrets_withheld=True), server)
    except GoodNeighborError as error:
        raise AnsibleFilterError(str(error)) from None


def ident_text(allocation: object, servers: object, server: str) -> str:
    """Takes the matrix and a server's name, returns the text of pg_ident.conf; what is wrong is told at once."""
    try:
        return hba.ident_text(parse(servers, allocation, secrets_withheld=True), server)
    except GoodNeighborError as error:
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Filters by name."""
        return {"hba_text": hba_text, "ident_text": ident_text}
