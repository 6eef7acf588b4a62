# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Templates that cannot be resolved stay text, so that validation can tell row and key, and all other errors with them.

Ansible alone would stop at the first secret that is not defined and say nothing of where it belongs.
"""

from __future__ import annotations

from typing import Protocol

from ansible.errors import AnsibleError


class Marker(Protocol):
    """What Ansible's template engine has for a value that it cannot make."""

    _undefined_name: str | None


class Templar(Protocol):
    """What is needed of Ansible's template engine."""

    def template(self, variable: object) -> object: ...

    def extend(self, *, marker_behavior: object) -> Templar: ...


class Unresolved:
    """What the template engine is to do with a value that it cannot make: leave text in its place."""

    def handle_marker(self, value: Marker) -> str:
        """`{{ name }}` of a variable that is not defined; what nobody could decrypt stays marked as encrypted."""
        if "Vault" in type(value).__name__:
            return "$ANSIBLE_VAULT"
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
