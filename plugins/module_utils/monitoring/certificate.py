# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a certificate ends. Python's standard library can judge a certificate, but not read its dates from a file."""

from __future__ import annotations

import re
import ssl
from datetime import datetime, timezone

BEGIN, END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
# Validity is a sequence of two times, each UTCTime or GeneralizedTime: https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5
TIME = rb"(?:\x17\x0d(\d{12})Z|\x18\x0f(\d{14})Z)"
VALIDITY = re.compile(rb"\x30[\x1e\x20\x22]" + TIME + TIME, re.DOTALL)


def end(path: str) -> float | None:
    """The Unix time at which the first certificate of a PEM file ends; None where the file cannot be read or holds none."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            text = file.read()
    except OSError:
        return None
    return end_of(text)


def end_of(text: str) -> float | None:
    """The same, of the text."""
    begin, stop = text.find(BEGIN), text.find(END)
    if not 0 <= begin < stop:
        return None
    try:
        found = VALIDITY.search(ssl.PEM_cert_to_DER_cert(text[begin : stop + len(END)] + "\n"))
    except ValueError:
        return None
    if not found:
        return None
    short, long = found[3], found[4]
    if short:  # years from 50 on are those of the last century
        long = (b"19" if short[:2] >= b"50" else b"20") + short
    return datetime.strptime(long.decode(), "%Y%m%d%H%M%S").replace(tzinfo=timezone.utc).timestamp()
