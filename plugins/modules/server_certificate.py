#!/usr/bin/python
# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module server_certificate: certificate and key of the server, in one file that is replaced as a whole."""

from __future__ import annotations

DOCUMENTATION = r"""
module: server_certificate
short_description: Give a server its certificate and key
description:
  - Writes certificate and key into one file, so that the server never sees one without the other. Its mode is 0600.
  - Where none are given, makes a key and a certificate that it signs itself, on the host; keeps them until 30 days before
    their end.
  - The key is never shown, in diff mode neither.
version_added: 0.1.0
author: BBWorlds (@bbworlds)
options:
  path:
    description: The file.
    type: path
    required: true
  certificate:
    description: The certificate as PEM, with the certificates of its chain after it.
    type: str
    default: ""
  key:
    description: Its key as PEM.
    type: str
    default: ""
  passphrase:
    description: What opens the key, where it is encrypted.
    type: str
    default: ""
  passphrase_path:
    description: Where the server looks for it. The file is written where a passphrase is given, with mode 0600.
    type: path
  name:
    description: The name that a self-made certificate stands for.
    type: str
    required: true
  others:
    description: Further names and addresses that it stands for.
    type: list
    elements: str
    default: []
  owner:
    description: Owner and group of the file.
    type: str
    default: postgres
attributes:
  check_mode:
    description: Says whether it would write the file.
    support: full
  diff_mode:
    description: Says where the certificate comes from, without its key.
    support: full
requirements:
  - openssl, where a certificate is made
"""

EXAMPLES = r"""
- name: The server has a certificate
  bbworlds.good_neighbor.server_certificate:
    path: /etc/postgresql/17/main/good_neighbor.pem
    name: db.example.com
  become: true
"""

RETURN = r"""
self_made:
  description: Whether the host has made the certificate.
  returned: always
  type: bool
"""

from dataclasses import replace

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import GoodNeighborError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.secret_file import (
    SecretFile,
    is_as_wanted,
    remove_half,
    write,
)
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.server import certificate, tls


def settle(module: AnsibleModule) -> bool:
    """Makes the file as wanted, unless in check mode; returns whether it was not."""
    options = module.params

    def run(command: list[str]) -> tuple[int, str, str]:
        status, out, err = module.run_command(command, cwd="/")
        return status, out, err

    def file(pem: str) -> SecretFile:
        return SecretFile(options["path"], pem, options["owner"], options["owner"], "0600")

    if options["certificate"]:
        pem = certificate.joined(options["certificate"], options["key"])
        fault = certificate.fault(pem, options["passphrase"])
        if fault:
            raise GoodNeighborError(f"what was given for {options['path']} {fault}")
    elif tls.good(file(""), run):
        with open(options["path"]) as opened:
            pem = opened.read()
    else:
        pem = ""
    # the passphrase first: a server that reads the key between the two can open it
    wanted = [file(pem or (tls.made(options["name"], options["others"], run) if not module.check_mode else ""))]
    if options["passphrase"] and options["passphrase_path"]:
        wanted.insert(0, replace(file(options["passphrase"] + "\n"), path=options["passphrase_path"]))
    if not module.check_mode:
        for one in wanted:
            remove_half(one.path)
    missing = [one for one in wanted if not (one.content and is_as_wanted(one))]
    for one in missing:
        if not module.check_mode:
            write(one)
    return bool(missing)


def main() -> None:
    """Writes the file, and says so without its content."""
    module = AnsibleModule(supports_check_mode=True, argument_spec={
        "path": {"type": "path", "required": True},
        "certificate": {"type": "str", "default": ""},
        "key": {"type": "str", "default": "", "no_log": True},
        "passphrase": {"type": "str", "default": "", "no_log": True},
        "passphrase_path": {"type": "path", "no_log": False},
        "name": {"type": "str", "required": True},
        "others": {"type": "list", "elements": "str", "default": []},
        "owner": {"type": "str", "default": "postgres"},
    })
    path, given = module.params["path"], bool(module.params["certificate"])
    try:
        changed = settle(module)
    except (GoodNeighborError, OSError) as error:
        module.fail_json(msg=str(error))
    said = f"{path}: {'the certificate and key that were given' if given else 'a self-made certificate and its key'}\n"
    module.exit_json(changed=changed, self_made=not given, diff={"before": "", "after": said if changed else ""})


if __name__ == "__main__":
    main()
