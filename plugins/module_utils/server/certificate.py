# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Certificate and key of the server, in one PEM text. The key is never part of a message."""

from __future__ import annotations

import os
import ssl
import tempfile

PRIVATE, ENCRYPTED, CERTIFICATE = "PRIVATE KEY-----", "ENCRYPTED", "-----BEGIN CERTIFICATE-----"


def joined(certificate: str, key: str) -> str:
    """One PEM text of both, the key first, so that a chain of certificates stays in its order."""
    return f"{key.strip()}\n{certificate.strip()}\n"


def fault(pem: str, passphrase: str = "") -> str:
    """What is wrong with a PEM text that should hold a certificate and its key, as the end of a sentence; "" if nothing.

    Python's own OpenSSL judges, as the server's will.
    """
    if CERTIFICATE not in pem:
        return "holds no certificate in PEM form"
    if PRIVATE not in pem:
        return "holds no private key in PEM form"
    descriptor, path = tempfile.mkstemp(prefix=".good_neighbor.")  # 0600 from its first moment
    try:
        with os.fdopen(descriptor, "w") as opened:
            opened.write(pem)
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path, password=lambda: passphrase or _none())
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            return "holds a certificate and a key that do not belong together"
        if passphrase and ENCRYPTED in pem:
            return "holds a key that its passphrase does not open"
        return "holds a certificate or a key that OpenSSL cannot read"
    except ValueError:
        return "holds a key that is encrypted, and there is no passphrase to open it"
    finally:
        os.unlink(path)
    return ""


def _none() -> str:
    raise ValueError("encrypted")
