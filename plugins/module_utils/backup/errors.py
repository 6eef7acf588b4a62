# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What backups raise."""

from __future__ import annotations

from ..errors import GoodNeighborError


class BackupError(GoodNeighborError):
    """A backup, or a part of one, was not made, not found, or is not what it should be. One sentence, no secret."""
