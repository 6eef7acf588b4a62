# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run returns: values, a difference in lines, and a text for a person. No secret is in any of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..text_table import table
from .run import Outcome
from .text import masked


def result(outcome: Outcome) -> dict[str, Any]:
    """The module's values."""
    return {
        "changed": outcome.changed, "as_wanted": outcome.as_wanted, "report": text(outcome),
        "hba_file": outcome.facts.hba_file, "ident_file": outcome.facts.ident_file,
        "differences": [asdict(one) for one in outcome.differences],
        "connections": [{"role": guest.knock.role, "database": guest.knock.database or None,
                         "client_addr": guest.knock.address or None, "ssl": guest.knock.tls, "count": guest.count,
                         "refused": guest.refused, "line": guest.by or None} for guest in outcome.guests],
        "diff": [{"before_header": file.name, "after_header": file.name, "before": masked(file.text),
                  "after": masked(content.decode("utf-8", "surrogateescape"))}
                 for file, content in zip(outcome.files, outcome.wanted) if file.content != content],
    }


def text(outcome: Outcome) -> str:
    """For a person, the worst first."""
    head = f"{outcome.facts.hba_file} against the allocation matrix"
    if outcome.as_wanted:
        told = [f"{head}: as wanted, and loaded."]
    elif not outcome.differences:
        told = [f"{head}: lets in whom it should, but is written otherwise."]
    else:
        told = [f"{head}: {len(outcome.differences)} to look at, the worst first.", ""]
        told += [f"  {one.severity:8}  {one.message}" for one in outcome.differences]
    if outcome.guests:
        rows = [(guest.knock.role, guest.knock.database or "replication", guest.knock.address or "socket",
                 "yes" if guest.knock.tls else "no", guest.count, guest.message) for guest in outcome.guests]
        told += ["", "Connected now, and what the wanted lines say to them:", "",
                 *table(("role", "database", "from", "TLS", "sessions", "with the wanted lines"), rows, "  ")]
    return "\n".join(told)
