# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The schema of a database as a schema file: what pg_dump says, less what the schema engine cannot run or must not hold."""

from __future__ import annotations

from ..errors import GoodNeighborError
from ..schema.lexer import BACKSLASH, Statement, statements
from ..schema.text import refusals

# a file must not lift the limits of the session that runs it, and older servers do not know all of these
_TIMEOUTS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "transaction_timeout")
_NOT_THE_OWNERS = (
    ("create", "extension"), ("comment", "on", "extension"),  # the row has them, the superuser makes them
    ("create", "user", "mapping"), ("create", "subscription"),  # they hold secrets
)
_LEADS_OUT = (("create", "server"), ("create", "foreign", "data", "wrapper"), ("create", "event", "trigger"))


class NotAcceptable(GoodNeighborError):
    """The schema cannot be a schema file; the text says why."""


def schema_file(name: str, dumped: str) -> str:
    """A file that the schema engine takes. Raises NotAcceptable, with what stands in the way."""
    found = list(statements(dumped))
    for statement in found:
        _check(statement)
    kept = [f"{dumped[statement.start:statement.end]};\n" for statement in found if not _is_left_out(statement)]
    text = "".join([f"-- the schema of database {' '.join(name.split())} as it was found\n", *kept])
    wrong = refusals(name, text)
    if wrong:
        raise NotAcceptable("; ".join(wrong[:3]))
    return text


def _check(statement: Statement) -> None:
    for prefix in _LEADS_OUT:
        if statement.words[:len(prefix)] == prefix:
            raise NotAcceptable(f"it has {' '.join(prefix).upper()}, which only a superuser may run")


def _is_left_out(statement: Statement) -> bool:
    words = statement.words
    return (any(words[:len(prefix)] == prefix for prefix in _NOT_THE_OWNERS)
            or (words[0] == "set" and len(words) > 1 and words[1] in _TIMEOUTS)
            or statement.tokens[0].kind == BACKSLASH)
