# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is going on now: sessions behind walls that were closed after they came in, and locks nobody holds any more."""

from __future__ import annotations

from ..items import Session, Thing
from ..model import Change
from .base import DISRUPTIVE, HIGH, MANUAL, MEDIUM, Rule, Violation, World

SESSION = Rule("live-session", HIGH, DISRUPTIVE, "A role has a session in a database that is not its own.",
               "REVOKE keeps newcomers out; who is inside stays inside.", "Ends the session.",
               "pg_stat_activity, senders of the write-ahead log too.")
PREPARED = Rule("live-prepared-transaction", MEDIUM, MANUAL, "A prepared transaction waits for somebody to end it.",
                "It holds its locks over restarts, and keeps vacuum from working.",
                "None: only who prepared it knows whether to COMMIT PREPARED or ROLLBACK PREPARED.",
                "pg_prepared_xacts.")
QUEUE = Rule("live-notification-queue", MEDIUM, MANUAL,
             "The queue of notifications, one for the whole server, is filling up.",
             "One service's idle listener stops the NOTIFY of all.", "None: a human ends the session that holds it up.",
             "pg_notification_queue_usage() above one half.")
RULES = (SESSION, PREPARED, QUEUE)


def judge(change: Change, world: World) -> list[Violation]:
    """Sessions and prepared transactions."""
    item = change.item
    if isinstance(item, Session):
        where = f"in database {item.database}, which is not its own" if item.database else "that reads every change of rows"
        return [Violation(SESSION, f"{world.who(item.role)[0].upper()}{world.who(item.role)[1:]} has a session open "
                          f"{where}.", (change,), item.database or None, item.role, None,
                          world.service(item.database, item.role))]
    if isinstance(item, Thing) and item.kind == "prepared transaction":
        return [Violation(PREPARED, f"Transaction {item.name} in database {item.database} was prepared by {item.detail} and "
                          "never ended: it holds its locks. COMMIT PREPARED or ROLLBACK PREPARED it.",
                          database=item.database,
                          role=item.detail, object=item.name, service=world.service(item.database))]
    if isinstance(item, Thing) and item.kind == "notification queue":
        return [Violation(QUEUE, f"The notification queue of the whole server is {item.detail} full: when it is, NOTIFY "
                          "fails for every service; find the session that listens and sits in an old transaction "
                          "(pg_stat_activity) and end it.", object="notification queue")]
    return []
