# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter `overridden`: the shared matrix with what one inventory changes of it."""

from __future__ import annotations

from collections.abc import Callable

from ansible.errors import AnsibleFilterError

try:
    from ansible.template import accept_lazy_markers
except ImportError:  # Ansible before 2.19 has no markers
    def accept_lazy_markers(plugin: Callable[..., object]) -> Callable[..., object]:
        """Nothing to accept."""
        return plugin

from ..module_utils.errors import MatrixError
from ..module_utils.matrix.overrides import overridden


def face(items: object, overrides: object) -> object:
    """Takes rows or servers and their overrides, returns them changed; AnsibleFilterError tells all that is wrong."""
    try:
        return overridden(items, overrides)
    except MatrixError as error:
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Filters by name."""
        # a row may hold a secret that is not defined yet: whoever uses the row tells so, not the filter
        return {"overridden": accept_lazy_markers(face)}
