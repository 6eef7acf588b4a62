# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Templates that cannot be resolved stay text, so that validation can tell row and key, and all other errors with them.

Ansible alone would stop at the first secret that is not defined and say nothing of where it belongs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ansible.errors import AnsibleError

from ..module_utils.matrix.secrets import variable_of

ENCRYPTED = "$ANSIBLE_VAULT"  # stands for what nobody could decrypt


class Marker(Protocol):
    """What Ansible's template engine has for a value that it cannot make."""

    _undefined_name: str | None


class Templar(Protocol):
    """What is needed of Ansible's template engine."""

    def template(self, variable: object) -> object: ...

    def extend(self, *, marker_behavior: object) -> Templar: ...


class PlainTemplar(Protocol):
    """What is needed of the template engine that every version of Ansible gives to action plugins."""

    def template(self, variable: object) -> object: ...


class Unresolved:
    """What the template engine is to do with a value that it cannot make: leave text in its place."""

    def handle_marker(self, value: Marker) -> str:
        """`{{ name }}` of a variable that is not defined; what nobody could decrypt stays marked as encrypted."""
        if "Vault" in type(value).__name__:
            return ENCRYPTED
        return f"{{{{ {value._undefined_name or '?'} }}}}"


def resolved(value: object, templar: Templar) -> object:
    """`value` with its templates resolved by Ansible's own engine; those inside that cannot be stay text.

    Raises Ansible's own error if not even the container is to be had.
    """
    try:
        return templar.template(value)
    except AnsibleError:
        found = templar.extend(marker_behavior=Unresolved()).template(value)
        if isinstance(found, str):
            raise
        return found


def template_by_template(
    value: object, templar: PlainTemplar, variables: Mapping[str, Any], followed: tuple[str, ...] = ()
) -> object:
    """`value`, taken from `variables` as it stands there, with each template in it resolved by itself. One that cannot be
    stays text: `{{ name }}` of the variable that is not defined, where it is nothing but that.

    For Ansible before 2.19, which resolves a task's arguments all or none before an action plugin sees them.
    """
    if isinstance(value, Mapping):
        return {key: template_by_template(entry, templar, variables, followed) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [template_by_template(entry, templar, variables, followed) for entry in value]
    if value is None or isinstance(value, (bool, int, float)) or (isinstance(value, str) and "{" not in value):
        return value  # no template: most of a matrix
    try:
        return decrypted(templar.template(value))
    except AnsibleError:
        if not isinstance(value, str):
            return ENCRYPTED  # what else fails by itself is no text
        name = variable_of(value)
        if name is not None and name in variables and name not in followed:
            return template_by_template(variables[name], templar, variables, (*followed, name))
        return value


def decrypted(value: object) -> object:
    """`value` with what Ansible before 2.19 has for a variable that is encrypted by itself, which is no text, as text."""
    if isinstance(value, Mapping):
        return {key: decrypted(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [decrypted(entry) for entry in value]
    if not getattr(value, "__ENCRYPTED__", False):
        return value
    try:
        return str(value)
    except AnsibleError:
        return ENCRYPTED
