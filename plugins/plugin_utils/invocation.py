# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How ansible-playbook was called: the options that another call needs too. No value of an inline variable is repeated."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible import context

_WITH_VALUE = {"remote_user": "--user", "private_key_file": "--private-key", "connection": "--connection"}
_LISTS = {"vault_password_files": "--vault-password-file", "vault_ids": "--vault-id"}
_FLAGS = {"ask_vault_pass": "--ask-vault-pass", "become_ask_pass": "--ask-become-pass", "ask_pass": "--ask-pass"}


def options() -> list[str]:
    """Of this call."""
    return words(context.CLIARGS)


def words(arguments: Mapping[str, Any]) -> list[str]:
    """Of any call, as Ansible has parsed it."""
    found: list[str] = []
    for name, option in _LISTS.items():
        found += [word for value in arguments.get(name) or () for word in (option, str(value))]
    found += [option for name, option in _FLAGS.items() if arguments.get(name)]
    for name, option in _WITH_VALUE.items():
        value = arguments.get(name)
        found += [option, str(value)] if value and value not in ("smart", "ssh") else []
    for value in arguments.get("extra_vars") or ():
        found += ["-e", str(value)] if str(value).startswith("@") else []
    return found


def short(path: str) -> str:
    """A path as one types it here."""
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path
