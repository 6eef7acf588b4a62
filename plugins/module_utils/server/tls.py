# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The server's certificate and key in their place: the user's, or one that is made on the host and never leaves it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from ipaddress import ip_address

from ..errors import ServerError
from ..secret_file import SecretFile
from . import certificate
from .clusters import Run

DAYS, RENEW = 3650, 30  # a self-made certificate lives that long, and is made anew so many days before its end


def made(name: str, others: Sequence[str], run: Run) -> str:
    """A new key and a certificate that it signed itself, as PEM. `others`: further names and addresses it stands for.

    The key is born in a folder that nobody else may enter, and on no command line.
    https://docs.openssl.org/master/man1/openssl-req/
    """
    names = ",".join(dict.fromkeys(map(_alternative, (name, *others))))
    with tempfile.TemporaryDirectory(prefix="good_neighbor.") as folder:
        key, public = os.path.join(folder, "key"), os.path.join(folder, "certificate")
        status, _out, err = run([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", key, "-out", public, "-days", str(DAYS), "-subj", f"/CN={name[:64]}",
            "-addext", f"subjectAltName={names}", "-addext", "basicConstraints=critical,CA:TRUE"])
        if status != 0:
            raise ServerError(f"openssl made no certificate: {err.strip()}")
        with open(key) as opened, open(public) as other:
            return certificate.joined(other.read(), opened.read())


def good(file: SecretFile, run: Run) -> bool:
    """Whether a pair stands at the file's place that belongs together and is not near its end."""
    try:
        with open(file.path) as opened:
            pem = opened.read()
    except OSError:
        return False
    status, _out, _err = run(["openssl", "x509", "-in", file.path, "-noout", "-checkend", str(RENEW * 86400)])
    return status == 0 and not certificate.fault(pem)


def _alternative(name: str) -> str:
    try:
        return f"IP:{ip_address(name)}"
    except ValueError:
        return f"DNS:{name}"
