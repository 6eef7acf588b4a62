# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The closed world: what the matrix does not allow is a violation, even if no rule has a word for it."""

from __future__ import annotations

from ..items import Database, Grant, Owner
from ..model import Change
from .base import HIGH, MANUAL, Rule, Violation, World

UNEXPLAINED = Rule("world-unexplained", HIGH, MANUAL, "Something differs from the matrix, and no rule explains it.",
                   "What nobody has thought of may be the way in.", "None: a human looks at it.",
                   "What is left of the difference between the server and the matrix.")
UNREADABLE = Rule("world-unreadable", HIGH, MANUAL, "The login lacks the right to look.",
                  "A rule that could not look has not passed.", "None: run as a superuser.",
                  "The role that the module connects as is no superuser.")
RULES = (UNEXPLAINED, UNREADABLE)


def unexplained(change: Change, world: World) -> Violation:
    """The violation of a difference that no other rule has claimed."""
    item = change.item
    name = " ".join(str(part) for part in item.key if part)
    obj = getattr(item, "obj", None)
    database = item.name if isinstance(item, Database) else obj.database if isinstance(item, (Grant, Owner)) and obj \
        else getattr(item, "database", "")
    says = "is there" if change.after is None else "is missing" if change.before is None else "is not as it should be"
    kind = type(item).__name__.lower()
    return Violation(UNEXPLAINED, f"{kind.capitalize()} {name} {says}, by the matrix, and no rule explains it: look at it.",
                     database=database or None, object=name, service=world.service(database))


def unreadable(world: World) -> list[Violation]:
    """What was not looked at because the login is no superuser."""
    if world.snapshot.superuser or not world.snapshot.live:
        return []
    return [Violation(UNREADABLE, f"Role {world.snapshot.user} is no superuser: stored passwords, subscriptions and parts "
                      "of databases could not be looked at. Run as a superuser.", role=world.snapshot.user)]
