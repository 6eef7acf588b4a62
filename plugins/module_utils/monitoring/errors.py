# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the programs that watch a server raise."""

from __future__ import annotations

from ..errors import GoodNeighborError


class MonitoringError(GoodNeighborError):
    """A server was not checked or not watched, or nobody could be told. One sentence, no secret."""
