# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The policy as metrics: what allocation_info found of a server, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from .expose import Sample

HELPS = {
    "good_neighbor_compliant": "Whether no violation of severity medium or above stands.",
    "good_neighbor_violations": "Violations by rule, severity, service and state; accepted ones too.",
    "good_neighbor_unchecked": "Rules that were not judged, for they need the secrets of the matrix.",
    "good_neighbor_check_timestamp_seconds": "When the server was last compared with the matrix.",
    "good_neighbor_certificate_end_timestamp_seconds": "When the server's TLS certificate ends.",
}


def samples(server: str, result: Mapping[str, Any], now: float, unchecked: Iterable[str] = ()) -> list[Sample]:
    """The metrics of one judgment (what allocation_info returned), made at the Unix time `now`. A violation of no service
    has an empty label. The server's name is a label too, so that several servers may share a Prometheus. `unchecked`: rules
    that were left out."""
    mine = ("server", server)
    counts = Counter((row["rule"], row["severity"], row["service"] or "", row["state"]) for row in result["violations"])
    found = [
        Sample("good_neighbor_compliant", (mine,), float(result["compliant"])),
        Sample("good_neighbor_check_timestamp_seconds", (mine,), now),
    ]
    found += [Sample("good_neighbor_unchecked", (mine, ("rule", rule)), 1) for rule in sorted(unchecked)]
    for (rule, severity, service, state), count in sorted(counts.items()):
        labels = (mine, ("rule", rule), ("severity", severity), ("service", service), ("state", state))
        found.append(Sample("good_neighbor_violations", labels, count))
    return found
