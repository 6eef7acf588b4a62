# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run takes away and open sessions keep: what a session has become by SET ROLE it stays, a stored setting that it
began with it has, and who came in with a secret is not asked again.

https://www.postgresql.org/docs/current/sql-set-role.html, https://www.postgresql.org/docs/current/config-setting.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .catalog.snapshot import Snapshot
from .expand.settings import steers
from .items import Membership, Role, Session, Setting
from .order import Step
from .sql import literal


def notes(steps: Iterable[Step], first: Snapshot) -> list[str]:
    """Whose sessions may be more, or do otherwise, than is right now, and how to end them. `first`: who was inside."""
    changes = [step.change for step in steps]
    sessions = [session for session in first.model.of(Session).values() if session.database]
    inside = {session.role for session in sessions}
    lost: dict[str, str] = {}
    for item, before, patch in ((change.item, change.before, change.patch()) for change in changes):
        if isinstance(item, Membership) and item is before:
            lost[item.member] = f"its membership in {item.role}"
        elif isinstance(before, Role) and patch.get("superuser") is False:
            lost[before.name] = "SUPERUSER"
        elif isinstance(before, Role) and before.password.startswith("shared:") and "password" in patch:
            lost[before.name] = "a password that another role has too"
    settings = sorted(change.before for change in changes if isinstance(change.before, Setting) and steers(change.before))
    return [note for setting in settings for note in _kept(setting, sessions)] + [
        f"role {role} had sessions open when it lost {what}: what they became by that they stay until they end. End "
        f"them: {_end('usename', role)}" for role, what in sorted(lost.items()) if role in inside]


def _kept(setting: Setting, sessions: Iterable[Session]) -> Iterator[str]:
    if any(setting.role in ("", session.role) and setting.database in ("", session.database) for session in sessions):
        whose = " ".join(filter(None, (setting.role and f"of role {setting.role}",
                                       setting.database and f"in database {setting.database}")))
        end = _end("usename", setting.role) if setting.role else _end("datname", setting.database)
        yield (f"sessions {whose or 'of all roles'} that were open when the setting {setting.name} was changed keep it "
               f"until they end. End them: {end}")


def _end(column: str, name: str) -> str:
    own = "backend_type = 'client backend' AND pid <> pg_backend_pid()" if not name else f"{column} = {literal(name)}"
    return f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {own}"
