# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What people must not see in what a run says: secrets that somebody has put into stored settings."""

from __future__ import annotations

import re

from .items import Setting

HIDDEN = "********"
# settings of PostgreSQL's own that hold connection strings or commands; others with a dot are an application's
_TELLING = {"primary_conninfo", "archive_command", "restore_command", "archive_cleanup_command", "recovery_end_command",
            "ssl_passphrase_command", "cluster_name", "application_name"}
_SECRET = re.compile(r"pass|secret|token|credential|api_?key|://[^/\s]*:[^@\s]*@", re.IGNORECASE)


def value(setting: Setting) -> str:
    """The value of a stored setting as people may see it. Whoever may connect reads it in pg_db_role_setting; logs and
    reports go further."""
    telling = "." in setting.name or setting.name in _TELLING or _SECRET.search(f"{setting.name}={setting.value}")
    return HIDDEN if telling else setting.value
